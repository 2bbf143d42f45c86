"""What a page tells crawlers: its links, and whether it asks to be left out."""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from urllib.parse import quote, urldefrag, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from corpus.formats.encoding import MEANT, codec_of

LONGEST_ADDRESS = 1_000
_PORTS = {"http": 80, "https": 443}
_SAFE = "%/:=&?~#+!$,;'@()*[]"
# Characters that mean the same with and without an escape (RFC 3986, section 2.3): letters, digits, `-`, `.`, `_`, `~`.
_ESCAPED = re.compile(r"%(2[dDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|7[eE])")
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Said:
    """links: the page's links, empty if it asks not to follow them. is_indexed: False if it asks to be left out."""

    links: tuple[str, ...]
    is_indexed: bool


def read_page(html: str, url: str, headers: Mapping[str, str]) -> Said:
    """What the page at `url` tells crawlers, also by the header X-Robots-Tag."""
    tree = LexborHTMLParser(html)
    rules = set(_words(headers.get("x-robots-tag", "")))
    for meta in tree.css("meta[name]"):
        if (meta.attributes.get("name") or "").lower() in ("robots", "osml"):
            rules |= set(_words(meta.attributes.get("content") or ""))
    base = tree.css_first("base[href]")
    start = urljoin(url, (base.attributes.get("href") or "") if base else "")
    followed = () if rules & {"nofollow", "none"} else tuple(dict.fromkeys(_links(tree, start)))
    return Said(followed, not rules & {"noindex", "none"})


def with_encoding(content: bytes, headers: Mapping[str, str]) -> bytes:
    """The page in UTF-8 if the header names its encoding, which takes precedence over what the page names."""
    if content.startswith(_BOMS):
        return content
    said = Message()
    said["content-type"] = headers.get("content-type", "")
    codec = codec_of(str(said.get_param("charset", "")))
    if codec is None:
        return content
    text = content.decode(MEANT.get(codec, codec), errors="replace")
    return codecs.BOM_UTF8 + text.encode("utf-8", "surrogatepass")


def address(url: str) -> str | None:
    """The address in a normal form for comparisons; None if it is not an HTTP address, or is too long.

    A client sends `/docs/%2e%2e/x` as `/x`. In the normal form, the rules for a source's addresses see what is sent.
    """
    try:
        parts = urlsplit(urldefrag(url.strip())[0])
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.lower() not in _PORTS or not host:
        return None
    scheme = parts.scheme.lower()
    place = f"[{host}]" if ":" in host else host
    place += "" if port in (None, _PORTS[scheme]) else f":{port}"
    path, query = (_ESCAPED.sub(_unescaped, quote(part, safe=_SAFE)) for part in (parts.path or "/", parts.query))
    try:
        url = parse_url(urlunsplit((scheme, place, path, query, ""))).url
    except LocationParseError:
        return None
    return url if len(url) <= LONGEST_ADDRESS else None


def _links(tree: LexborHTMLParser, base: str) -> Iterator[str]:
    for link in tree.css("a[href], area[href]"):
        if "nofollow" in (link.attributes.get("rel") or "").lower().split():
            continue
        try:
            target = address(urljoin(base, link.attributes.get("href") or ""))
        except ValueError:
            continue
        if target:
            yield target


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))


def _words(text: str) -> Iterator[str]:
    return (word.strip().lower() for word in text.split(",") if ":" not in word)
