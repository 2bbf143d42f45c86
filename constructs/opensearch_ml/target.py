"""Target: the domain that a `Custom::Ml…` resource is made on, and what must be there first."""

from __future__ import annotations

from dataclasses import dataclass

from constructs import IDependable

from opensearch_ml.provisioner import Provisioner


@dataclass(frozen=True)
class Target:
    """`endpoint` is an URL without a path. Every resource waits for the provisioner's policy and `after`."""

    endpoint: str
    region: str
    provisioner: Provisioner
    service: str = "es"
    after: tuple[IDependable, ...] = ()

    @property
    def prerequisites(self) -> tuple[IDependable, ...]:
        """What CloudFormation has to finish before it may call the provisioner."""
        return (self.provisioner.policy, *self.after)
