"""The host name of a domain of the local cloud."""

import re

import pytest

from sandbox.domain_hosts import addresses, host

ARN = "arn:aws:es:us-east-1:000000000000:domain/"


@pytest.mark.parametrize(
    ("resolved", "named"),
    [(["127.0.0.1"], True), (["127.0.0.2"], True), ([], False), (["127.0.0.1", "192.0.2.1"], False)],
)
def test_the_name_is_used_where_it_is_this_machine(resolved: list[str], named: bool) -> None:
    name = host("osml-dev", ARN + "osml-dev", lambda _: resolved)
    assert bool(re.fullmatch(r"search-osml-dev-[a-z2-7]{26}\.es\.localhost", name)) is named
    assert named or name == "127.0.0.1"


def test_a_domain_that_is_made_again_has_the_same_name_and_no_other_has_it() -> None:
    def named(domain: str) -> str:
        return host(domain, ARN + domain, lambda _: ["127.0.0.1"])

    assert named("one") == named("one")
    assert len({named("one"), named("two")}) == 2


def test_the_longest_name_of_a_domain_fits_a_label_of_dns() -> None:
    name = host("d" * 28, ARN + "d" * 28, lambda _: ["127.0.0.1"])
    assert len(name.partition(".")[0]) <= 63


def test_a_name_that_does_not_resolve_has_no_address() -> None:
    assert addresses("search-none.invalid") == []
    assert addresses("localhost") == ["127.0.0.1"]
