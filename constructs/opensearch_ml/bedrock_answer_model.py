"""BedrockAnswerModel: a model of Bedrock as a connector's URL and its role's policy name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from aws_cdk import Aws
from aws_cdk import aws_iam as iam


@dataclass(frozen=True)
class BedrockAnswerModel:
    """The model `id` (an id, an inference profile or an ARN), called in `region`, by default the stack's.

    `profile` is the inference profile's id, if it is one, `foundation_model` what answers behind it and
    `destinations` the regions that it leads to; a global profile has none.
    """

    id: str
    region: str | None = None
    profile: str | None = None
    foundation_model: str | None = None
    destinations: Sequence[str] = ()

    @property
    def where(self) -> str:
        """The region that the connector calls and signs for."""
        return self.region or Aws.REGION

    def url(self, operation: str) -> str:
        """`operation` is `invoke` or `converse`. An ARN holds a slash, which must not part the path."""
        host = f"bedrock-runtime.{self.where}.{Aws.URL_SUFFIX}"
        return f"https://{host}/model/{quote(self.id, safe='')}/{operation}"

    @property
    def invoke(self) -> iam.PolicyStatement:
        """What the connector's role needs: the profile itself, and its model wherever it may answer."""
        return iam.PolicyStatement(actions=["bedrock:InvokeModel"], resources=list(self._resources()))

    def _resources(self) -> Sequence[str]:
        if self.profile is None:
            foundation = f"arn:{Aws.PARTITION}:bedrock:{self.where}::foundation-model/{self.id}"
            return [self.id if self.id.startswith("arn:") else foundation]
        own = f"arn:{Aws.PARTITION}:bedrock:{self.where}:{Aws.ACCOUNT_ID}:inference-profile/{self.profile}"
        profile = self.id if self.id.startswith("arn:") else own
        # A global profile's model is one ARN without a region, beside the one in the calling region.
        regions = self.destinations or (self.where, "")
        models = [f"arn:{Aws.PARTITION}:bedrock:{one}::foundation-model/{self.foundation_model}" for one in regions]
        return [profile, *models]
