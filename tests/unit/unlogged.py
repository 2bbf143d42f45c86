"""A process in which nothing writes the log yet: pytest's own handlers are put aside."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unlogged() -> Iterator[None]:
    """Whatever sets up the log meanwhile does so for itself; what it writes to is sys.stdout of the moment."""
    handlers, logging.root.handlers = logging.root.handlers, []
    try:
        yield
    finally:
        logging.root.handlers = handlers
