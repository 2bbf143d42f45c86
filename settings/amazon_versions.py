"""The versions of OpenSearch that Amazon OpenSearch Service has."""

from __future__ import annotations

import re

from settings.introduced_in import Release

# `EngineVersion` of aws-cdk-lib 2.275.0, from the oldest version that this app supports; tests/synth compares the two.
AMAZON = tuple(
    Release(*version) for version in ((2, 11), (2, 13), (2, 15), (2, 17), (2, 19), (3, 1), (3, 3), (3, 5), (3, 7))
)
# The version with which the recipes are tested: Amazon's newest that is not newer than the local cloud's newest line.
PROVEN = Release(3, 5)
EXAMPLE = f"OpenSearch_{PROVEN}"


def release(engine_version: str) -> Release:
    """`OpenSearch_3.5` as `(3, 5)`, to compare versions."""
    major, minor = re.findall(r"[0-9]+", engine_version)
    return Release(int(major), int(minor))


def offered(since: Release) -> str:
    """The oldest of Amazon's versions that is `since` or later, for a recommendation in a message."""
    return f"OpenSearch_{next(version for version in AMAZON if version >= since)}"


def not_newer(engine_version: str) -> str:
    """The version itself if Amazon has it, otherwise Amazon's newest version before it."""
    return f"OpenSearch_{max(version for version in AMAZON if version <= release(engine_version))}"


def check_offered(engine_version: str) -> str:
    """Return the version unchanged. Raises ValueError, with the rest of a sentence, if Amazon never had it."""
    if release(engine_version) not in AMAZON:
        every = ", ".join(map(str, AMAZON))
        raise ValueError(f"Amazon has no {engine_version.replace('_', ' ')}; set OpenSearch_ and one of {every}")
    return engine_version
