"""Whom the engine runs as: OpenSearch refuses to be root."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from sandbox.engine.errors import EngineError


@dataclass(frozen=True)
class Identity:
    """A numeric user and group to start the engine as."""

    uid: int
    gid: int

    def owns(self, folder: Path) -> None:
        """Hand a folder and everything below it over."""
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, path: Path, purpose: str) -> None:
        """Raise an EngineError when a folder on the way to `path` lets other users not pass."""
        for folder in path.resolve().parents:
            if not folder.stat().st_mode & 0o001:
                raise EngineError(
                    f"The engine cannot run as root, and as the user with the number {self.uid} it cannot enter "
                    f"{folder} to {purpose} {path}. Choose a folder that everybody may enter, or start the sandbox "
                    "as an ordinary user."
                )


def identity() -> Identity | None:
    """`nobody` when this process is root; None when the engine may run as whoever runs this process."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Identity(nobody.pw_uid, nobody.pw_gid)
