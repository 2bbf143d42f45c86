"""The group of settings that the arguments of a construct come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def setting_group(name: str) -> Iterator[None]:
    """Put `name` before a ValueError of the construct library, whose sentence begins with an argument's name."""
    try:
        yield
    except ValueError as fault:
        raise ValueError(f"{name}.{fault}") from fault
