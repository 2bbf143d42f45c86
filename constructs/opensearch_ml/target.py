"""Target: the domain that a `Custom::Ml…` resource is made on, and what must be there first."""

from __future__ import annotations

from dataclasses import dataclass

from constructs import IDependable

from opensearch_ml.provisioner import Provisioner
from opensearch_ml.secret_keys import SecretKeys


@dataclass(frozen=True)
class Target:
    """`endpoint` is an URL without a path. Every resource waits for the provisioner's policy and `after`.

    Requests are signed by the provisioner's role for `service`, or sent with `login` (`username`, `password`).
    `admin_role` is the ARN of a role that the provisioner takes to change role mappings, when its own may not.
    `data_policy` is the name of the data access policy that must name the provisioner's role, of a collection.
    """

    endpoint: str
    region: str
    provisioner: Provisioner
    service: str = "es"
    after: tuple[IDependable, ...] = ()
    admin_role: str | None = None
    login: SecretKeys | None = None
    data_policy: str | None = None

    @property
    def address(self) -> dict[str, object]:
        """What the provisioner is told of the engine: where it is, and how to sign in unless by signature."""
        auth = {"auth": {"basic": {"secretArn": self.login.arn, **self.login.keys}}} if self.login else {}
        access = {"data_policy": self.data_policy, "principal": self.provisioner.role.role_arn}
        of_collection = access if self.data_policy else {}
        return {"endpoint": self.endpoint, "region": self.region, "service": self.service, **auth, **of_collection}

    @property
    def administration(self) -> dict[str, object]:
        """As `address`, for changes of who may do what: signed as `admin_role`, if there is one."""
        return {**self.address, **({"role": self.admin_role} if self.admin_role else {})}

    @property
    def prerequisites(self) -> tuple[IDependable, ...]:
        """What CloudFormation has to finish before it may call the provisioner."""
        return (self.provisioner.policy, *self.after)
