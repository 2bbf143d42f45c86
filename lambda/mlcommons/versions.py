"""The differences between versions of OpenSearch; no other part of the kernel reads the version."""

from collections.abc import Mapping
from typing import Any

Version = tuple[int, int]

# k-NN 3.0 to 3.5 breaks an index with derived vectors, the default since 3.0: after a scroll that fetched ten or more
# consecutive documents of a segment, their source cannot be read
# (https://github.com/opensearch-project/k-NN/issues/3191).
_BREAKING, _MENDED = (3, 0), (3, 6)
_FEW, _MANY = 9, 32
# https://github.com/opensearch-project/opensearch-remote-metadata-sdk/pull/244
_UPDATES_SHOW = (3, 3)


def version_of(answer: Any) -> Version | None:
    """The major and minor version in the answer to `GET /`; None if it is no version of OpenSearch."""
    try:
        major, minor = (int(part) for part in str(answer["version"]["number"]).split(".")[:2])
    except (LookupError, TypeError, ValueError):
        return None
    # A domain in compatibility mode says 7.10: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/rename.html
    return (major, minor) if major < 7 else None


def created_by(settings: Mapping[str, Any]) -> Version | None:
    """The version that made an index, by its flattened settings; None if they do not contain it.

    The number is that of org.opensearch.Version: two digits for each part and two for the build, with bit 27 turned on.
    """
    try:
        number = int(settings["index.version.created"]) & ~(1 << 27)
    except (LookupError, TypeError, ValueError):
        return None
    return number // 1_000_000, number // 10_000 % 100


def never_breaks_derived_vectors(made: Version | None) -> bool:
    """Whether every engine that can open an index of this version keeps it readable: older engines cannot open it."""
    return made is not None and made >= _MENDED


def breaks_derived_vectors(version: Version | None) -> bool:
    """Whether a scroll breaks an index with derived vectors, so that an index is made without them."""
    return version is not None and _BREAKING <= version < _MENDED


def scrolled_at_once(version: Version | None) -> int:
    """How many documents a copy fetches at once: as many as the recipes embed with one call of the model.

    It fetches fewer if that many would break the index, or if the version is unknown.
    """
    return _FEW if version is None or _BREAKING <= version < _MENDED else _MANY


def updates_show_late(version: Version | None) -> bool:
    """Whether a search shows an update up to a second late.

    The engine's own searches are also late: for the models that use a connector, and for the name of a model group.
    """
    return version is None or version < _UPDATES_SHOW
