"""The settings of the operator role: who may assume it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from settings import Group

# A name does not begin with `*`, because `role/*` is everybody.
ARN = r"^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/([A-Za-z0-9_+=,.@*-]+/)*[A-Za-z0-9_+=,.@-][A-Za-z0-9_+=,.@*-]*$"
PrincipalArn = Annotated[str, Field(pattern=ARN)]
IDENTITY_CENTER = "aws-reserved/sso.amazonaws.com/"


class Operators(Group):
    """Who may assume the operator role, with which osml asks, loads, evaluates and shows the state.

    `principals` are ARNs of IAM roles and users; each also needs `sts:AssumeRole` on the role in its own policies. A
    `*` matches any characters, for example in roles of IAM Identity Center. Without `principals`, every identity of the
    account with that permission may assume it. `second_factor` requires a session that began with MFA; sessions of IAM
    Identity Center and of other identity providers never show this.
    """

    principals: list[PrincipalArn] = Field(
        default_factory=list, max_length=50, examples=["arn:aws:iam::111122223333:role/Team"]
    )
    second_factor: bool = False

    @model_validator(mode="after")
    def _factor_shows(self) -> Operators:
        of_center = next((principal for principal in self.principals if IDENTITY_CENTER in principal), None)
        if self.second_factor and of_center:
            raise ValueError(
                f"second_factor is true, but {of_center} is a role of IAM Identity Center, whose sessions do not say "
                "whether they began with MFA; require MFA in Identity Center, and leave second_factor out"
            )
        return self
