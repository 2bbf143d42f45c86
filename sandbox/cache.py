"""The folder for everything that one sandbox keeps for the next: the assembled engine, a Java, downloads."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def cache_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """The cache folder; it need not exist yet.

    The first of these that applies:

    - `OSML_CACHE`
    - `/var/cache/osml` for root: the engine runs as another user, who cannot enter root's home
    - `$XDG_CACHE_HOME/osml`
    - `~/.cache/osml`
    """
    if chosen := environment.get("OSML_CACHE"):
        return Path(chosen).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/cache/osml")
    if base := environment.get("XDG_CACHE_HOME"):
        return Path(base).resolve() / "osml"
    return Path.home() / ".cache" / "osml"


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A path for a new folder, which is renamed to `folder` when the block ends. `folder` is always complete.

    If another process made `folder` first, that folder stays. After an exception nothing remains.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        building = Path(beside) / folder.name
        yield building
        try:
            building.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
