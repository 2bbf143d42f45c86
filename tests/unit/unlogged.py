"""Removes pytest's own log handlers, so that the process looks as if nothing had set up logging."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unlogged() -> Iterator[None]:
    """Within the block, code under test sets up logging itself, and writes to the current sys.stdout."""
    handlers, logging.root.handlers = logging.root.handlers, []
    try:
        yield
    finally:
        logging.root.handlers = handlers
