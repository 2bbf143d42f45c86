"""An index version: vectors that can be compared with one another, and the index that contains them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from aws_cdk import Token

DIGITS = 8


def index_version(vectors: Mapping[str, object], **index: object) -> str:
    """Eight hex digits that change with the `vectors` of a provider or with a static part of the index.

    They are equal at each synth. Raises ValueError for a value that is known only at deploy time.
    """
    parts = {**vectors, **{f"index.{name}": part for name, part in index.items()}}
    for name, part in parts.items():
        if Token.is_unresolved(part):
            raise ValueError(f"{name} is known at deploy time only, and names no index version; give its value here.")
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:DIGITS]


def every_version(index: str) -> str:
    """A pattern for the names of all versions of `index`; its fixed length excludes most names that begin alike."""
    return f"{index}-{'?' * DIGITS}"
