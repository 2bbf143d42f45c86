"""An engine without the local AWS, for tests and benchmarks: it starts empty and stops after use."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.claim import claimed
from sandbox.engine.line import Line, nearest
from sandbox.engine.readiness import ready
from sandbox.instance import Instance
from sandbox.progress import Lines
from sandbox.search_engine import AssembledEngine, assembled


@contextmanager
def alone(name: str, line: Line | None = None, *, optimize: bool = False) -> Iterator[AssembledEngine]:
    """Run an engine on an empty data folder until the block ends.

    Args:
        name: The name of the instance. Engines that run at the same time need different names.
        line: The version of OpenSearch; the newest by default.
        optimize: Whether the engine is tuned for a long run instead of a fast start; see `sandbox.engine.command`.

    Raises:
        RuntimeError: Another run uses the instance.
        NotReady: The engine ends or does not answer in time.
    """
    instance = Instance.named(name)
    with claimed(instance):
        (instance.home / "ports.json").unlink(missing_ok=True)
        # An older version of OpenSearch cannot open the data of a newer one.
        shutil.rmtree(instance.home / "engine", ignore_errors=True)
        instance.certificates.make()
        trusted = [r"^http://127\.0\.0\.1:.*$"]
        engine = assembled(instance, Lines(print), line or nearest(None), optimize=optimize, trusted_endpoints=trusted)
        process = engine.start()
        try:
            admin = engine.admin_cert, engine.admin_key
            ready(engine.url, engine.ca, *admin, log=engine.launch.log, alive=process.alive)
            yield engine
        finally:
            process.stop()
