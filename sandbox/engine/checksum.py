"""Is a file the one it should be?"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sandbox.engine.errors import ChecksumMismatch
from sandbox.engine.parts import Part

_SIDECARS = ("sha512", "sha256", "sha1")


def verify(part: Part, file: Path, *, vouched: bool = False) -> None:
    """Compare a file with the list's digest, and with the checksum files that lie beside it.

    `vouched` says that whoever fetched the file compared it with its repository's checksum.

    Raises:
        ChecksumMismatch: the file is another one than listed, or than its repository says.
    """
    stated = False
    for algorithm in _SIDECARS:
        sidecar = file.with_name(f"{file.name}.{algorithm}")
        if not sidecar.is_file():
            continue
        expected = sidecar.read_text().split()[0].lower()
        if (found := _digest(file, algorithm)) != expected:
            raise ChecksumMismatch(
                f"{file} has the {algorithm} {found}, but {sidecar.name} beside it says {expected}. "
                "Delete the file, so that it is fetched again, or repair that repository."
            )
        stated = True
    found = _digest(file, "sha256")
    if found == part.sha256 or (part.or_published and (stated or vouched)):
        return
    raise ChecksumMismatch(
        f"{file} has the SHA-256 {found}, but the parts list wants {part.sha256} for {part.coordinates}. "
        "Delete the file, so that it is fetched again, or repair that repository."
    )


def _digest(file: Path, algorithm: str) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()
