"""Maven repositories over HTTP: a part is streamed to a file, and then its digest is checked."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree

import requests
from maven_artifact.downloader import Downloader

from sandbox.engine.errors import ChecksumMismatch
from sandbox.engine.line import PUBLISHED, Part

SETTING = "OSML_MAVEN_REPOSITORIES"
_PATIENCE = (10, 60)  # The longest waits in seconds: for a connection, and between two pieces.
_ATTEMPTS = 3
_PIECE = 1 << 20
_STATED = ("sha512", "sha256", "sha1")


class FetchFailed(Exception):
    """One repository did not deliver the part. The message is a clause for the list of attempts."""


def named(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The folders and addresses in the comma-separated list OSML_MAVEN_REPOSITORIES, in its order."""
    return [place.strip() for place in environment.get(SETTING, "").split(",") if place.strip()]


def repositories(environment: Mapping[str, str] = os.environ, home: Path | None = None) -> list[str]:
    """The addresses of repositories in order: those of the setting, then the user's mirror or else Maven Central."""
    chosen = [place for place in named(environment) if "://" in place]
    return [*chosen, _mirror(home or Path.home()) or Downloader().resolver.base]


def size(address: str, part: Part) -> int:
    """The part's size in bytes, as the repository states it; 0 if it does not."""
    try:
        answer = requests.head(_url(address, part), timeout=_PATIENCE, allow_redirects=True)
    except requests.RequestException:
        return 0
    return int(answer.headers.get("Content-Length", 0)) if answer.ok else 0


def download(address: str, part: Part, target: Path, arrived: Callable[[int], None]) -> None:
    """Download the part to `target` and verify it.

    Args:
        address: The address of the repository.
        part: The part to download.
        target: The file; overwritten if it exists.
        arrived: Gets the number of bytes of each piece. If a download is repeated, it gets the lost bytes as a negative
            number.

    Raises:
        FetchFailed: The repository does not serve the part, or did not deliver it in three attempts.
        ChecksumMismatch: The repository serves another file.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        count = 0
        try:
            with requests.get(_url(address, part), stream=True, timeout=_PATIENCE) as answer:
                if answer.status_code == requests.codes.not_found:
                    raise FetchFailed(f"{shown(address)} does not serve it")
                answer.raise_for_status()
                with target.open("wb") as file:
                    for piece in answer.iter_content(_PIECE):
                        file.write(piece)
                        count += len(piece)
                        arrived(len(piece))
            break
        except requests.RequestException as failure:
            arrived(-count)
            if attempt == _ATTEMPTS:
                raise FetchFailed(f"{shown(address)} answered: {_gist(failure)}") from None
    _compare(address, part, target)


def _compare(address: str, part: Part, file: Path) -> None:
    if part.sha256 != PUBLISHED:
        check(part, file)
        return
    for algorithm in _STATED:
        answer = requests.get(f"{_url(address, part)}.{algorithm}", timeout=_PATIENCE)
        if answer.ok and answer.text.split():
            expected, actual = answer.text.split()[0].lower(), digest(file, algorithm)
            if actual == expected:
                return
            raise ChecksumMismatch(
                f"{part.coordinates} from {shown(address)} has the {algorithm} {actual}, but the repository states "
                f"{expected}. Try again, or name another repository in {SETTING}."
            )
    raise FetchFailed(f"{shown(address)} states no checksum for it")


def check(part: Part, file: Path) -> None:
    """Raise ChecksumMismatch unless the file has the part's SHA-256."""
    if (actual := digest(file, "sha256")) != part.sha256:
        raise ChecksumMismatch(
            f"{file} has the SHA-256 {actual}, but the engine's list says {part.sha256} for {part.coordinates}. "
            "Delete the file, or repair that repository; then start again."
        )


def digest(file: Path, algorithm: str) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def _mirror(home: Path) -> str | None:
    """The address of a mirror of Maven Central from the user's Maven settings, or None."""
    try:
        settings = ElementTree.parse(home / ".m2" / "settings.xml")  # noqa: S314 - the user's own file
    except (OSError, ElementTree.ParseError):
        return None
    for mirror in settings.findall(".//{*}mirror"):
        replaced = (mirror.findtext("{*}mirrorOf") or "").split(",")
        if {"*", "central", "external:*"} & {name.strip() for name in replaced}:
            return mirror.findtext("{*}url")
    return None


def _url(address: str, part: Part) -> str:
    return f"{address.rstrip('/')}/{part.path}"


def shown(address: str) -> str:
    """The address without its user name and password."""
    return re.sub(r"//[^/@]*@", "//", address)


def _gist(failure: Exception) -> str:
    """The reason of a failure, without urllib3's text before it. Addresses are removed: they may contain a password."""
    said = re.sub(r"https?://\S+", "", str(failure))
    return said.partition("Caused by ")[2][:200] or said[:200]
