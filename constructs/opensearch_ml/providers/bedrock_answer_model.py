"""BedrockAnswerModel: a Bedrock model in a connector's URL and its role's policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from aws_cdk import Aws
from aws_cdk import aws_iam as iam


@dataclass(frozen=True)
class BedrockAnswerModel:
    """The model `id` (an id, an inference profile or an ARN), called in `region` (default: the stack's).

    `profile` is the id if the id is an inference profile. `foundation_model` is then the profile's model, and
    `destinations` are the profile's regions; a global profile has none.
    """

    id: str
    region: str | None = None
    profile: str | None = None
    foundation_model: str | None = None
    destinations: Sequence[str] = ()

    @property
    def where(self) -> str:
        """The region of the connector's calls and signatures."""
        return self.region or Aws.REGION

    def url(self, operation: str) -> str:
        """The URL of the `operation` `invoke` or `converse`. The slash in an ARN is escaped."""
        host = f"bedrock-runtime.{self.where}.{Aws.URL_SUFFIX}"
        return f"https://{host}/model/{quote(self.id, safe='')}/{operation}"

    @property
    def invoke(self) -> iam.PolicyStatement:
        """The permissions of the connector's role: on the profile, and on its model in every region."""
        return iam.PolicyStatement(actions=["bedrock:InvokeModel"], resources=list(self._resources()))

    def _resources(self) -> Sequence[str]:
        if self.profile is None:
            foundation = f"arn:{Aws.PARTITION}:bedrock:{self.where}::foundation-model/{self.id}"
            return [self.id if self.id.startswith("arn:") else foundation]
        own = f"arn:{Aws.PARTITION}:bedrock:{self.where}:{Aws.ACCOUNT_ID}:inference-profile/{self.profile}"
        profile = self.id if self.id.startswith("arn:") else own
        # A global profile needs the model's ARN without a region, and the one in the calling region.
        regions = self.destinations or (self.where, "")
        models = [
            f"arn:{Aws.PARTITION}:bedrock:{region}::foundation-model/{self.foundation_model}" for region in regions
        ]
        return [profile, *models]
