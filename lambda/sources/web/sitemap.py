"""Sitemaps: the addresses of pages, each with the date of its last change (https://www.sitemaps.org/protocol.html)."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO
from xml.etree import ElementTree

# The protocol's limits for a sitemap (addresses, uncompressed bytes), and our limit for the number of sitemaps.
MOST_ADDRESSES, LARGEST, MOST_SITEMAPS = 50_000, 50 << 20, 1_000
_GZIP = b"\x1f\x8b"


class NoSitemap(ValueError):
    """The file is not a sitemap; the message tells why."""


def read_sitemap(file: IO[bytes]) -> tuple[dict[str, str], list[str]]:
    """The addresses of pages with their dates (empty without a date), and the addresses of further sitemaps."""
    content = _content(file)
    if content.lstrip()[:1] != b"<":
        return {line: "" for line in content.decode("utf-8", "replace").split() if "://" in line}, []
    pages: dict[str, str] = {}
    more: list[str] = []
    for kind, place, date in _entries(content):
        if kind == "url":
            pages[place] = date
        else:
            more.append(place)
        if len(pages) >= MOST_ADDRESSES:
            break
    return pages, more


def _content(file: IO[bytes]) -> bytes:
    content = file.read(LARGEST + 1)
    if content.startswith(_GZIP):
        try:
            content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(LARGEST + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise NoSitemap(f"is not gzip ({error})") from None
    if len(content) > LARGEST:
        raise NoSitemap(f"has more than {LARGEST >> 20} MiB")
    return content


def _entries(content: bytes) -> Iterator[tuple[str, str, str]]:
    """Each `url` or `sitemap` with its `loc` and `lastmod`."""
    # Expat stops entities that grow, and reads no external files.
    parser = ElementTree.iterparse(io.BytesIO(content))  # noqa: S314
    try:
        for _, element in parser:
            kind = _local(element.tag)
            if kind not in ("url", "sitemap"):
                continue
            said = {_local(child.tag): (child.text or "").strip() for child in element}
            element.clear()
            if said.get("loc"):
                yield kind, said["loc"], said.get("lastmod", "")
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise NoSitemap(f"is not XML ({error})") from None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
