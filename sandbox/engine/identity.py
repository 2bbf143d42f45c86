"""The user that runs the engine's process: OpenSearch refuses to run as root."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from sandbox.engine.errors import EngineError


@dataclass(frozen=True)
class ProcessIdentity:
    """The numeric user and group of the engine's process."""

    uid: int
    gid: int

    def owns(self, folder: Path) -> None:
        """Make the user and the group the owners of a folder and everything below it."""
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, path: Path, purpose: str) -> None:
        """Raise an EngineError if other users cannot enter a parent folder of `path`.

        `purpose` is the verb before the path in the message, for example `read`.
        """
        for folder in path.resolve().parents:
            if not folder.stat().st_mode & 0o001:
                raise EngineError(
                    f"The engine cannot run as root, and as the user with the number {self.uid} it cannot enter "
                    f"{folder} to {purpose} {path}. Choose a folder that everybody may enter, or start the sandbox "
                    "as an ordinary user."
                )


def identity() -> ProcessIdentity | None:
    """`nobody` if this process is root; None if the engine may run as the user of this process."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return ProcessIdentity(nobody.pw_uid, nobody.pw_gid)
