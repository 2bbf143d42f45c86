"""The address of the engine that the contract tests use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.free_ports import free_ports
from sandbox.front.settings import FrontSettings

_NAMES = ("URL", "CA", "ADMIN_CERT", "ADMIN_KEY", "SERVER_CERT", "SERVER_KEY")


@dataclass(frozen=True)
class EngineAddress:
    """A running engine: its URL and PEM files; `server_cert` is the leaf certificate that a listener presents."""

    url: str
    ca: str
    admin_cert: str
    admin_key: str
    server_cert: str
    server_key: str

    def front(self, models_url: str = "http://127.0.0.1:1", **more: Any) -> FrontSettings:
        """The settings of a front for this engine, whose domains get any free ports."""
        (egress_port,) = free_ports(1)
        return FrontSettings(
            engine_url=self.url,
            models_url=models_url,
            egress_port=egress_port,
            ca=self.ca,
            admin_cert=self.admin_cert,
            admin_key=self.admin_key,
            server_cert=self.server_cert,
            server_key=self.server_key,
            domain_ports=(0, 0),
            **more,
        )


def engine_address() -> EngineAddress:
    """Reads OSML_TEST_ENGINE_URL and OSML_TEST_{CA,ADMIN_CERT,ADMIN_KEY,SERVER_CERT,SERVER_KEY}."""
    variables = ["OSML_TEST_ENGINE_URL", *(f"OSML_TEST_{name}" for name in _NAMES[1:])]
    missing = [name for name in variables if not os.environ.get(name)]
    if missing:
        pytest.fail(f"Set {', '.join(missing)} to name an engine.")
    return EngineAddress(*(os.environ[name] for name in variables))
