"""A key that lies in a file and may be replaced while the process runs."""

import hmac
import threading
from pathlib import Path


class KeyFile:
    """The key in `path`, without surrounding white space; read again when the file changes."""

    def __init__(self, path: Path) -> None:
        """The file need not exist yet: until it does, no key is right."""
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._key = ""

    def value(self) -> str:
        """Return the key, or the empty string without a file."""
        with self._lock:
            try:
                found = self._path.stat()
                stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
                if stamp != self._stamp:
                    self._key, self._stamp = self._path.read_text(encoding="utf-8").strip(), stamp
            except FileNotFoundError:
                self._key, self._stamp = "", None
            return self._key

    def is_right(self, given: str) -> bool:
        """Whether `given` is the key; an absent or empty file has no right key."""
        key = self.value()
        return bool(key) and hmac.compare_digest(key.encode(), given.encode("utf-8", "replace"))
