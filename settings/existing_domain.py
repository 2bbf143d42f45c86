"""The settings of a search domain that others created: `search.kind: existing`."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from settings.amazon_versions import check_offered
from settings.regions import partition_of
from settings.search import Cluster, RoleArn
from settings.web_address import WebAddress

OUTSIDE = re.compile(r"\.([a-z]{2,4}(?:-[a-z]+)+-[0-9])\.es\.(amazonaws\.[a-z.]+)$")


class ExistingDomain(Cluster):
    """A domain of Amazon OpenSearch Service with fine-grained access control, which osml uses but does not change.
    `endpoint` is its URL, and `domain_arn` its ARN. `admin_role` is a role that may change role mappings on it, usually
    its master user, and that trusts the provisioner; it is used only for role mappings. Without it, somebody must map
    the provisioner's role to `all_access` and `security_manager` manually.

    `admins` are mapped in addition to the provisioner.
    """

    kind: Literal["existing"]
    endpoint: WebAddress = Field(examples=["https://search-team-abc123.us-east-1.es.amazonaws.com"])
    domain_arn: str = Field(
        pattern=r"^arn:aws[a-z-]*:es:[a-z0-9-]+:[0-9]{12}:domain/[a-z][a-z0-9-]{2,27}$",
        examples=["arn:aws:es:us-east-1:111122223333:domain/team"],
    )
    admin_role: RoleArn | None = Field(default=None, examples=["arn:aws:iam::111122223333:role/SearchAdmin"])
    admins: list[RoleArn] = Field(default_factory=list, examples=["arn:aws:iam::111122223333:role/Team"])

    @property
    def name(self) -> str:
        """The domain's name, from its ARN."""
        return self.domain_arn.rpartition("/")[2]

    @property
    def account(self) -> str | None:
        return self.domain_arn.split(":")[4]

    @property
    def arns(self) -> dict[str, str]:
        return {"domain_arn": self.domain_arn}

    @field_validator("engine_version")
    @classmethod
    def _of_amazon(cls, value: str) -> str:
        return check_offered(value)

    @model_validator(mode="after")
    def _one_region(self) -> ExistingDomain:
        match, region = OUTSIDE.search(self.endpoint), self.domain_arn.split(":")[3]
        if match and match[1] != region:
            raise ValueError(f"endpoint is in {match[1]}, but domain_arn in {region}; make them agree")
        partition = partition_of(region)
        if match and partition and match[2] != partition.suffix:
            raise ValueError(
                f"endpoint is {self.endpoint!r}, but hosts of {region} end with {partition.suffix}; correct it"
            )
        return self
