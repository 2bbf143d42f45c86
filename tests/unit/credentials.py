"""A machine without AWS credentials."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def unsigned(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Remove everything from which botocore takes credentials or a region; its files are in `folder`."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "no-credentials"))
