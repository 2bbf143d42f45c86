"""What a page says with an element that has no text: alternative texts of pictures, and the values of fields."""

from typing import Any

# What may stand before the reading of characters (`rt`).
OPENING = ("(", "（", "[", "〔", "《", "【")
_PICTURES = ("img", "area")
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
