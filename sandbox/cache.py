"""Where things that outlive a sandbox are kept: the assembled engine, a Java, downloaded files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def cache_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """The cache folder; it need not exist yet.

    In order: `OSML_CACHE`; `/var/cache/osml` for root, whose home nobody else can enter while the engine runs as
    another user; `$XDG_CACHE_HOME/osml`; `~/.cache/osml`.
    """
    if chosen := environment.get("OSML_CACHE"):
        return Path(chosen).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/cache/osml")
    if base := environment.get("XDG_CACHE_HOME"):
        return Path(base).resolve() / "osml"
    return Path.home() / ".cache" / "osml"
