"""Who may assume the operator role: the names that a file may contain."""

import pytest
from pydantic import ValidationError

from settings.operators import Operators

ACCOUNT = "arn:aws:iam::111122223333"
CENTER = f"{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Search_*"


@pytest.mark.parametrize(
    "arn", [f"{ACCOUNT}:role/Team", f"{ACCOUNT}:user/ada", f"{ACCOUNT}:role/search/Team-*", CENTER]
)
def test_roles_and_users_are_named(arn: str) -> None:
    assert Operators(principals=[arn]).principals == [arn]


@pytest.mark.parametrize(
    "arn",
    [
        "*",
        f"{ACCOUNT}:root",
        f"{ACCOUNT}:role/*",
        f"{ACCOUNT}:user/*-admin",
        f"{ACCOUNT}:role/search/*",
        "arn:aws:iam::*:role/Team",
        "arn:aws:sts::111122223333:assumed-role/Team/ada",
        "Team",
    ],
)
def test_nobody_is_let_in_by_a_name_that_means_everybody(arn: str) -> None:
    with pytest.raises(ValidationError):
        Operators(principals=[arn])


def test_a_second_factor_is_refused_where_no_session_shows_it() -> None:
    with pytest.raises(ValidationError, match="require MFA in Identity Center"):
        Operators(principals=[CENTER], second_factor=True)
