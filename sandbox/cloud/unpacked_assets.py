"""The assets of functions, unpacked once for all processes of a function.

MiniStack 1.5.33 unpacks an asset for each process, which takes longer than the process needs to start. Amazon does not
do that: it has the asset ready, and no function can write into it. Here a function can write into its folder, but no
other function and no later process gets a folder that has been written into.
"""

import io
import logging
import os
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakSet

from ministack.services import lambda_svc

logger = logging.getLogger("sandbox.cloud.functions")

# As many folders without a process are kept, for functions whose processes have just ended.
SPARE = 8
Entry = tuple[str, int, int]


@dataclass(eq=False)
class UnpackedAsset:
    """An asset in a folder; `users` are the workers whose processes have it."""

    function: str
    asset: bytes = field(repr=False)
    path: Path
    entries: list[Entry] = field(repr=False)
    users: WeakSet[Any] = field(default_factory=WeakSet)

    def is_changed(self) -> bool:
        try:
            return sorted(_entries(self.path)) != self.entries
        except FileNotFoundError:
            return True


class UnpackedAssets:
    """Lends folders in `home` to workers. `adapted` makes an asset fit for this machine."""

    def __init__(self, home: Path, adapted: Callable[[bytes], bytes]) -> None:
        self._home, self._adapted = home, adapted
        self._lock = threading.Lock()
        self._kept: list[UnpackedAsset] = []
        self._old: list[UnpackedAsset] = []

    def lend(self, worker: Any, function: str, asset: bytes) -> Path:
        """The folder with the function's asset, for the worker's next process, until the worker gives it back."""
        with self._lock:
            self._release(worker)
            unpacked = self._current(function, asset) or self._unpacked(function, asset)
            unpacked.users.add(worker)
            self._kept.append(unpacked)
            self._remove_unused()
            return unpacked.path

    def give_back(self, worker: Any) -> None:
        """The worker's process has ended, and it starts no other one."""
        with self._lock:
            self._release(worker)
            self._remove_unused()

    def _release(self, worker: Any) -> None:
        for unpacked in (*self._kept, *self._old):
            unpacked.users.discard(worker)

    def _current(self, function: str, asset: bytes) -> UnpackedAsset | None:
        """The function's folder with this asset, taken from those that are kept. Its other folders are old from now."""
        current = None
        for unpacked in [unpacked for unpacked in self._kept if unpacked.function == function]:
            self._kept.remove(unpacked)
            if unpacked.asset != asset:
                self._old.append(unpacked)
            elif unpacked.is_changed():
                logger.warning("%s changed files of its own asset: on Amazon, they are read-only", function)
                self._old.append(unpacked)
            else:
                current = unpacked
        return current

    def _unpacked(self, function: str, asset: bytes) -> UnpackedAsset:
        archived = io.BytesIO(self._adapted(asset))
        folder = Path(tempfile.mkdtemp(prefix="ministack-lambda-code-", dir=self._home))
        try:
            with zipfile.ZipFile(archived) as archive:
                lambda_svc._extract_zip_preserving_mode(archive, str(folder))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return UnpackedAsset(function, asset, folder, sorted(_entries(folder)))

    def _remove_unused(self) -> None:
        unused = [unpacked for unpacked in self._kept if not unpacked.users]
        removed = [unpacked for unpacked in self._old if not unpacked.users] + unused[: max(0, len(unused) - SPARE)]
        self._kept = [unpacked for unpacked in self._kept if unpacked not in removed]
        self._old = [unpacked for unpacked in self._old if unpacked not in removed]
        for unpacked in removed:
            shutil.rmtree(unpacked.path, ignore_errors=True)


def _entries(folder: Path | str) -> Iterator[Entry]:
    """The path, size and time of each file and folder within `folder`."""
    with os.scandir(folder) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            yield entry.path, status.st_size, status.st_mtime_ns
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(entry.path)
