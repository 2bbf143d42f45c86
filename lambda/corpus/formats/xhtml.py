"""XHTML, converted to HTML."""

import re
from html import escape

# XHTML is XML: a tag may close itself, and text may be in a CDATA section. HTML has neither.
_XML = re.compile(rb"<\?xml\s|http://www\.w3\.org/1999/xhtml")
_SELF_CLOSED = re.compile(r"<([A-Za-z][A-Za-z0-9:_-]{0,50})((?:\s[^<>]*)?)/>")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_SECTION, _SECTION_END = "<![CDATA[", "]]>"


def is_xhtml(head: bytes) -> bool:
    """Whether a page that begins so is XHTML."""
    return _XML.search(head) is not None


def html_of(xhtml: str) -> str:
    """Convert XHTML to HTML."""
    first, *sections = xhtml.split(_SECTION)
    pieces = [first]
    for section in sections:
        data, end, rest = section.partition(_SECTION_END)
        pieces += [escape(data, quote=False), rest] if end else [_SECTION, section]
    return _SELF_CLOSED.sub(_opened, "".join(pieces))


def _opened(tag: "re.Match[str]") -> str:
    return tag[0] if tag[1].lower() in _VOID else f"<{tag[1]}{tag[2]}></{tag[1]}>"
