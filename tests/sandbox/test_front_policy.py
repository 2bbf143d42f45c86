from __future__ import annotations

from typing import Any

import pytest

from sandbox.front.policy import denial_of_anyone, like

DOMAIN = "arn:aws:es:us-east-1:000000000000:domain/search"
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "es:ESHttp*", "Resource": DOMAIN + "/*"}


def _admits(*statements: dict[str, Any], action: str = "es:ESHttpGet", path: str = "/_search") -> bool:
    return denial_of_anyone({"Version": "2012-10-17", "Statement": list(statements)}, action, DOMAIN + path) is None


def test_without_a_policy_nobody_gets_in() -> None:
    assert denial_of_anyone(None, "es:ESHttpGet", DOMAIN + "/") == (
        "because no resource-based policy allows the es:ESHttpGet action"
    )
    assert not _admits()


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["*"]}])
def test_an_open_statement_lets_everybody_in(principal: Any) -> None:
    assert _admits({**OPEN, "Principal": principal})


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": {"AWS": "arn:aws:iam::000000000000:root"}},
        {"Principal": {"Service": "*"}},
        {"Action": "es:ESHttpPost"},
        {"Resource": DOMAIN},
        {"Resource": DOMAIN + "-other/*"},
        {"Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.1"}}},
    ],
)
def test_a_statement_about_somebody_or_something_else_lets_nobody_in(change: dict[str, Any]) -> None:
    assert not _admits({**OPEN, **change})


def test_a_denial_wins_also_with_a_condition() -> None:
    denial = {**OPEN, "Effect": "Deny", "Action": ["es:ESHttpGet"], "Condition": {"Bool": {"x": "true"}}}
    policy = {"Version": "2012-10-17", "Statement": [OPEN, denial]}
    assert denial_of_anyone(policy, "es:ESHttpGet", DOMAIN + "/") == (
        "with an explicit deny in a resource-based policy"
    )
    assert _admits(OPEN, denial, action="es:ESHttpPut")


def test_a_pattern_knows_stars_and_question_marks_only() -> None:
    assert like("es:ESHttp?et", "es:ESHttpGet")
    assert not like("es:ESHttp[G]et", "es:ESHttpGet")
    assert not like("a.c", "abc")
