"""Keys in a file, one per line. The file may change while the process runs."""

import hmac
import threading
from pathlib import Path


class KeyFile:
    """The keys in `path`, one per line, without surrounding white space. They are read again when the file changes.

    A provider has more than one key while a key is rotated.
    """

    def __init__(self, path: Path) -> None:
        """The file does not have to exist: without it, no key is right."""
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._keys: tuple[str, ...] = ()

    def value(self) -> str:
        """Return the first key, or an empty string if there is none."""
        return next(iter(self._read()), "")

    def is_right(self, given: str) -> bool:
        """Whether `given` is one of the keys. Without keys, no key is right."""
        sent = given.encode("utf-8", "replace")
        return any(hmac.compare_digest(key.encode(), sent) for key in self._read())

    def _read(self) -> tuple[str, ...]:
        with self._lock:
            try:
                stat = self._path.stat()
                stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                if stamp != self._stamp:
                    lines = self._path.read_text(encoding="utf-8").splitlines()
                    self._keys, self._stamp = tuple(filter(None, map(str.strip, lines))), stamp
            except FileNotFoundError:
                self._keys, self._stamp = (), None
            return self._keys
