"""What the kernel does differently from one version of OpenSearch to another; nothing else of it asks for one."""

from collections.abc import Mapping
from typing import Any

Version = tuple[int, int]

# k-NN 3.0 to 3.5 breaks an index whose vectors are derived, as they are by default since 3.0: after a scroll that has
# fetched ten or more documents of a segment in a row, their source cannot be read any more
# (https://github.com/opensearch-project/k-NN/issues/3191).
_BREAKING, _MENDED = (3, 0), (3, 6)
_FEW, _MANY = 9, 32
# https://github.com/opensearch-project/opensearch-remote-metadata-sdk/pull/244
_UPDATES_SHOW = (3, 3)


def version_of(answer: Any) -> Version | None:
    """Major and minor version that the answer to `GET /` names; None when it names none of OpenSearch."""
    try:
        major, minor = (int(part) for part in str(answer["version"]["number"]).split(".")[:2])
    except (LookupError, TypeError, ValueError):
        return None
    # A domain in compatibility mode says 7.10: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/rename.html
    return (major, minor) if major < 7 else None


def created_by(settings: Mapping[str, Any]) -> Version | None:
    """Version that made an index, by its flattened settings; None when they do not say it.

    The number is that of org.opensearch.Version: two digits a part and two of the build, with bit 27 turned on.
    """
    try:
        number = int(settings["index.version.created"]) & ~(1 << 27)
    except (LookupError, TypeError, ValueError):
        return None
    return number // 1_000_000, number // 10_000 % 100


def never_breaks_derived_vectors(made: Version | None) -> bool:
    """Tell whether every engine that opens an index of this version leaves its vectors whole: none is older."""
    return made is not None and made >= _MENDED


def breaks_derived_vectors(version: Version | None) -> bool:
    """Tell whether a scroll breaks an index whose vectors are derived, so that one is made without."""
    return version is not None and _BREAKING <= version < _MENDED


def scrolled_at_once(version: Version | None) -> int:
    """How many documents of an index are fetched at once to be copied: one call of the model, as the recipes set it.

    Fewer where that would break the index, or where the version is not known.
    """
    return _FEW if version is None or _BREAKING <= version < _MENDED else _MANY


def updates_show_late(version: Version | None) -> bool:
    """Tell whether a search finds what an update changed after a second only, as it was before.

    The engine searches like this itself: for the models that use a connector, and for the name of a model group.
    """
    return version is None or version < _UPDATES_SHOW
