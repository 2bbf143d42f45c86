"""Chooses which names of a source are loaded."""

import re
from collections.abc import Callable, Sequence
from fnmatch import translate


def wanted_by(include: Sequence[str], exclude: Sequence[str]) -> Callable[[str], bool]:
    """A function that tells whether a name matches one of `include` (if there are any) and none of `exclude`."""
    yes, no = _any_of(include), _any_of(exclude)
    return lambda name: (yes is None or yes.match(name) is not None) and (no is None or no.match(name) is None)


def _any_of(patterns: Sequence[str]) -> "re.Pattern[str] | None":
    return re.compile("|".join(f"(?:{translate(pattern)})" for pattern in patterns)) if patterns else None
