"""Target: the engine of a `Custom::Ml…` resource, and the resources that must exist first."""

from __future__ import annotations

from dataclasses import dataclass

from constructs import IDependable

from opensearch_ml.engine.provisioner import Provisioner
from opensearch_ml.providers.secret_keys import SecretKeys


@dataclass(frozen=True)
class Target:
    """`endpoint` is a URL without a path. Every resource depends on the provisioner's policy and on `after`.

    The provisioner signs requests with its role for `service`, or sends them with `login` (`username`, `password`).
    `admin_role` is the ARN of a role that the provisioner assumes to change role mappings, if its own role may not.
    `data_policy` is the name of a collection's data access policy, which must name the provisioner's role.
    """

    endpoint: str
    region: str
    provisioner: Provisioner
    service: str = "es"
    after: tuple[IDependable, ...] = ()
    admin_role: str | None = None
    login: SecretKeys | None = None
    data_policy: str | None = None

    def __post_init__(self) -> None:
        for way in (self.address, self.administration):
            self.provisioner.serve({name: way[name] for name in way if name not in ("data_policy", "principal")})

    @property
    def address(self) -> dict[str, object]:
        """The engine's address for the provisioner, with the login if requests are not signed."""
        auth = {"auth": {"basic": {"secretArn": self.login.arn, **self.login.keys}}} if self.login else {}
        access = {"data_policy": self.data_policy, "principal": self.provisioner.role.role_arn}
        of_collection = access if self.data_policy else {}
        return {"endpoint": self.endpoint, "region": self.region, "service": self.service, **auth, **of_collection}

    @property
    def administration(self) -> dict[str, object]:
        """Like `address`, for changes of permissions: signed as `admin_role`, if there is one."""
        return {**self.address, **({"role": self.admin_role} if self.admin_role else {})}

    @property
    def prerequisites(self) -> tuple[IDependable, ...]:
        """The resources that CloudFormation must finish before it calls the provisioner."""
        return (self.provisioner.policy, *self.after)
