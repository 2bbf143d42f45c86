"""Which upgrades of a domain Amazon makes in place."""

import pytest

from sandbox.cloud.domain_rules import InvalidDomain
from sandbox.cloud.upgrade_paths import check, leads


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("OpenSearch_2.19", "OpenSearch_2.19"),
        ("OpenSearch_2.19", "OpenSearch_3.5"),
        ("OpenSearch_3.1", "OpenSearch_3.5"),
        ("OpenSearch_2.3", "OpenSearch_2.19"),
        ("OpenSearch_1.3", "OpenSearch_2.5"),
        ("OpenSearch_1.0", "OpenSearch_1.3"),
        ("Elasticsearch_7.10", "OpenSearch_1.3"),
        ("Elasticsearch_6.8", "Elasticsearch_7.1"),
        ("Elasticsearch_5.6", "Elasticsearch_6.0"),
        ("Elasticsearch_7.9", "Elasticsearch_7.10"),
    ],
)
def test_leads_from_one_version_to_the_other(before: str, after: str) -> None:
    check(before, after)
    assert before == after or not leads(after, before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("OpenSearch_2.17", "OpenSearch_3.5"),
        ("OpenSearch_1.3", "OpenSearch_3.1"),
        ("OpenSearch_1.2", "OpenSearch_2.19"),
        ("OpenSearch_3.5", "OpenSearch_2.19"),
        ("Elasticsearch_7.10", "OpenSearch_2.3"),
        ("Elasticsearch_6.7", "Elasticsearch_7.10"),
        ("Elasticsearch_5.5", "Elasticsearch_6.8"),
    ],
)
def test_refuses_in_a_sentence_that_names_both(before: str, after: str) -> None:
    with pytest.raises(InvalidDomain, match=f"{before} cannot be upgraded to {after} in place"):
        check(before, after)
