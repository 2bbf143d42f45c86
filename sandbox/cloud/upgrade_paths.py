"""The upgrades of a domain's engine version that Amazon makes in place.

Source: Amazon's guide "Upgrading Amazon OpenSearch Service domains" (version-migration), read in November 2026.
"""

from sandbox.cloud.domain_rules import InvalidDomain

Version = tuple[str, int, int]
# For each product and major version, the older versions that can be upgraded to it: the product, and the lowest and the
# highest version.
_BEFORE: dict[tuple[str, int], list[tuple[str, tuple[int, int], tuple[int, int]]]] = {
    ("OpenSearch", 3): [("OpenSearch", (2, 19), (2, 19))],
    ("OpenSearch", 2): [("OpenSearch", (1, 3), (1, 3))],
    ("OpenSearch", 1): [("Elasticsearch", (6, 8), (7, 10))],
    ("Elasticsearch", 7): [("Elasticsearch", (6, 8), (6, 8))],
    ("Elasticsearch", 6): [("Elasticsearch", (5, 6), (5, 6))],
}


def check(before: str, after: str) -> None:
    """Raises InvalidDomain if a domain of the version `before` cannot be upgraded to `after`."""
    if not leads(before, after):
        raise InvalidDomain(
            f"EngineVersion {before} cannot be upgraded to {after} in place: a version goes up only, and to OpenSearch "
            "3.x from 2.19 or 3.x, to 2.x from 1.3 or 2.x. Upgrade to one of those first, in a deploy of its own."
        )


def leads(before: str, after: str) -> bool:
    """Whether both versions are the same, or Amazon upgrades a domain from `before` to `after`."""
    if before == after:
        return True
    product, major, minor = _parsed(before)
    to_product, to_major, to_minor = _parsed(after)
    if (product, major) == (to_product, to_major):
        return minor < to_minor
    return any(
        product == before and lowest <= (major, minor) <= highest
        for before, lowest, highest in _BEFORE.get((to_product, to_major), [])
    )


def _parsed(version: str) -> Version:
    product, _, number = version.partition("_")
    major, _, minor = number.partition(".")
    return product, int(major), int(minor)
