"""What a page says beside its text: alternative texts of pictures, values of fields, and meanings of abbreviations."""

from collections.abc import Sequence
from typing import Any

# What may stand before the reading of characters (`rt`).
OPENING = ("(", "（", "[", "〔", "《", "【")
ABBREVIATIONS = ("abbr", "acronym", "dfn")
_PICTURES = ("img", "area")
# The pieces of text in which a meaning may be said.
_NEAR = 3
# The fields whose values are not shown, or only as a mark.
_WITHOUT_TEXT = ("hidden", "password", "checkbox", "radio", "file", "color", "range")


def alternative(node: Any) -> str:
    """The text that is shown for an element without content."""
    if node.tag in _PICTURES:
        return f" {node.attributes.get('alt') or ''} "
    if node.tag == "input":
        attributes = node.attributes
        kind = (attributes.get("type") or "text").lower()
        said = "" if kind in _WITHOUT_TEXT else attributes.get("alt" if kind == "image" else "value")
        return f" {said or ''} "
    if node.tag in ("br", "hr", "td", "th"):
        return ""
    attributes = node.attributes
    # An icon has a name instead of a text.
    return f" {attributes.get('aria-label') or ''} " if attributes.get("role") == "img" else ""


def is_own(tag: str) -> bool:
    """Whether a program defines the element, as it does for cards and tabs: its name has a hyphen."""
    return "-" in tag and tag[0] != "-"


def is_reference(link: Any) -> bool:
    """Whether the link is the number of a note."""
    attributes = link.attributes
    return "noteref" in f"{attributes.get('epub:type')} {attributes.get('role')}"


def chosen(select: Any) -> str:
    """The chosen options of a list, or all of those that it shows at once."""
    options = select.css("option")
    if "multiple" not in select.attributes and (select.attributes.get("size") or "1") in ("0", "1"):
        options = [option for option in options if "selected" in option.attributes]
    said = (" ".join(option.text().split()) or option.attributes.get("label") or "" for option in options)
    return f" {', '.join(filter(None, said))} "


class Meanings:
    """The meanings of abbreviations, which a page shows when a reader points at them; each is read once."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._said: set[str] = set()

    def open(self, abbreviation: Any) -> None:
        """Begin an abbreviation."""
        self._open.append(" ".join((abbreviation.attributes.get("title") or "").split()))

    def close(self, said: Sequence[str]) -> str:
        """End the abbreviation, and return its meaning, unless the text `said` just before contains it."""
        meaning = self._open.pop() if self._open else ""
        before = " ".join("".join(said[-_NEAR:]).split()).lower()
        if not meaning or meaning in self._said or meaning.lower() in before:
            return ""
        self._said.add(meaning)
        return f" ({meaning})"
