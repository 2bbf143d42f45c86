"""Names the group of settings from which a construct's arguments come, in errors about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def setting_group(name: str) -> Iterator[None]:
    """Put `name` and a dot in front of a ValueError's message, which begins with the name of an argument."""
    try:
        yield
    except ValueError as fault:
        raise ValueError(f"{name}.{fault}") from fault
