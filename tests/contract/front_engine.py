"""Where the contract tests find their engine."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

_NAMES = ("URL", "CA", "ADMIN_CERT", "ADMIN_KEY", "SERVER_CERT", "SERVER_KEY")


@dataclass(frozen=True)
class EngineAddress:
    """A running engine: its URL and PEM files; `server_cert` is the leaf that a domain's listener shows."""

    url: str
    ca: str
    admin_cert: str
    admin_key: str
    server_cert: str
    server_key: str


def engine_address() -> EngineAddress:
    """Reads OSML_TEST_ENGINE_URL and OSML_TEST_{CA,ADMIN_CERT,ADMIN_KEY,SERVER_CERT,SERVER_KEY}."""
    variables = ["OSML_TEST_ENGINE_URL", *(f"OSML_TEST_{name}" for name in _NAMES[1:])]
    missing = [name for name in variables if not os.environ.get(name)]
    if missing:
        pytest.fail(f"Set {', '.join(missing)} to name an engine.")
    return EngineAddress(*(os.environ[name] for name in variables))
