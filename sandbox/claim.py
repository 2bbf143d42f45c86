"""Lets only one run of tests or benchmarks use a local cloud: the run that ends first would stop it for the other."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.instance import Instance


@contextmanager
def claimed(instance: Instance) -> Iterator[None]:
    """Reserves the instance until the block ends. Raises RuntimeError while another run uses it."""
    path = instance.home.with_name(f"{instance.home.name}.tests")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(
                f"Another run uses the local cloud {instance.name}: set OSML_SANDBOX to a name of this run's own."
            ) from None
        yield
