"""A generation: vectors that can be compared with one another, and the index that they are in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from aws_cdk import Token


def generation(vectors: Mapping[str, object], **index: object) -> str:
    """Eight hex digits that change with what makes the `vectors` of a provider, or with a static part of the index.

    The same at each synth. Raises ValueError for what is known at deploy time only.
    """
    parts = {**vectors, **{f"index.{name}": part for name, part in index.items()}}
    for name, part in parts.items():
        if Token.is_unresolved(part):
            raise ValueError(f"{name} is known at deploy time only, so no generation can be told by it; name it here.")
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]
