"""MiniStack's own worker with an asset that is unpacked already.

MiniStack 1.5.33 writes an asset to `code.zip` and unpacks it to `code`, both in a temporary folder of the process.
Here `code.zip` is empty, and `code` is a link to the unpacked asset.
"""

import os
import zipfile
from contextvars import ContextVar
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime

EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
_starting: ContextVar[Path | None] = ContextVar("starting", default=None)


class LinkingWorker(lambda_runtime.Worker):  # type: ignore[misc]
    """Starts processes in the folder `code`, which is set before each start."""

    code: Path

    def _spawn(self) -> None:
        token = _starting.set(self.code)
        try:
            super()._spawn()
        finally:
            _starting.reset(token)


class LinkedZip(zipfile.ZipFile):
    """An archive; that of an asset is "unpacked" as a link. Archives of layers are unpacked."""

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        code = _starting.get()
        if code is None or Path(path).name != "code":
            super().extractall(path, members, pwd)
            return
        os.rmdir(path)
        os.symlink(code, path)


def link_assets() -> None:
    """Lets MiniStack's workers use `LinkedZip`; once per process."""
    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": LinkedZip})
