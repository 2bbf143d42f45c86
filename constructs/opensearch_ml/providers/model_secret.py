"""ModelSecret: the API key of a model in Secrets Manager; no template contains its value."""

from __future__ import annotations

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge


class ModelSecret(Construct):
    """The secret `name`, whose value is a JSON object with the API key under `key`.

    With `create` the secret is created without `key`, which `osml secret set` adds, and `arn` is its complete ARN.
    Otherwise the secret must exist. `arn` is then `existing_arn`, or else the ARN without the six random characters at
    its end, which Secrets Manager resolves. In the latter case `arn_to_allow` ends with `??????`, because IAM compares
    the complete ARN.

    Example::

        secret = ml.ModelSecret.from_secret_name(stack, "Key", "search/deepseek")
        answer = ml.deepseek_chat(secret)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        key: str = "api_key",
        create: bool = False,
        existing_arn: str | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        self.name = name
        self.key = key
        if create:
            self.arn = self.arn_to_allow = self._create(removal_policy).secret_arn
        elif existing_arn is not None:
            self.arn = self.arn_to_allow = existing_arn
        else:
            stack = Stack.of(self)
            self.arn = f"arn:{stack.partition}:secretsmanager:{stack.region}:{stack.account}:secret:{name}"
            self.arn_to_allow = f"{self.arn}-??????"

    @classmethod
    def from_secret_name(cls, scope: Construct, id: str, name: str, *, key: str = "api_key") -> ModelSecret:
        """An existing secret in the stack's account and region."""
        return cls(scope, id, name=name, key=key)

    @classmethod
    def from_secret_arn(cls, scope: Construct, id: str, arn: str, *, key: str = "api_key") -> ModelSecret:
        """An existing secret with this complete ARN; its name may be a token."""
        name = Stack.of(scope).split_arn(arn, ArnFormat.COLON_RESOURCE_NAME).resource_name
        return cls(scope, id, name=name or arn, key=key, existing_arn=arn)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` read the key."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=self.read.actions, resource_arns=[self.arn_to_allow], scope=self
        )

    @property
    def read(self) -> iam.PolicyStatement:
        """The permission to read the key."""
        actions = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
        return iam.PolicyStatement(actions=actions, resources=[self.arn_to_allow])

    def _create(self, removal_policy: RemovalPolicy) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "Secret",
            secret_name=self.name,
            description=f"API key of a model, under {self.key}",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106 an empty object
                # The generated value is not under `key`: a missing key gives a clear error, but a generated key would
                # only fail at the provider.
                generate_string_key="placeholder",
                exclude_punctuation=True,
            ),
            removal_policy=removal_policy,
        )
        reason = "The provider issues the key and has no API that rotates it, so a person stores the new key."
        acknowledge(secret, {"AwsSolutions-SMG4": reason})
        return secret
