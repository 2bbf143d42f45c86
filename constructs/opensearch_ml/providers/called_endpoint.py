"""CalledEndpoint: what a caller needs to call a SageMaker endpoint, or an inference component on it."""

from __future__ import annotations

from aws_cdk import Aws, Stack, Token
from aws_cdk import aws_iam as iam
from constructs import Construct


class CalledEndpoint(Construct):
    """The endpoint `name` in `region` (default: the stack's); `component` is its inference component."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, region: str | None = None, component: str | None = None
    ) -> None:
        super().__init__(scope, id)
        self.name = name
        self.component = component
        self.region = region or Aws.REGION
        self.url_suffix = Aws.URL_SUFFIX
        self._of_arns = region

    @property
    def arn(self) -> str:
        """The endpoint's ARN."""
        return self._arn("endpoint", self.name)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a call that name the inference component; empty without one."""
        return {"X-Amzn-SageMaker-Inference-Component": self.component} if self.component else {}

    @property
    def invoke(self) -> iam.PolicyStatement:
        """The permission to call the endpoint."""
        resources = [self.arn]
        resources += [self._arn("inference-component", self.component)] if self.component else []
        return iam.PolicyStatement(actions=["sagemaker:InvokeEndpoint"], resources=resources)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` call the model."""
        statement = self.invoke
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=statement.actions, resource_arns=statement.resources, scope=self
        )

    def _arn(self, resource: str, name: str) -> str:
        # SageMaker writes names in ARNs in lower case, even if the name is not.
        lower = name if Token.is_unresolved(name) else name.lower()
        return Stack.of(self).format_arn(
            service="sagemaker", region=self._of_arns, resource=resource, resource_name=lower
        )
