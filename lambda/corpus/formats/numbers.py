"""The numbers of the items of ordered lists, which a page shows without having them in its text."""

from collections.abc import Mapping

from corpus.formats.numerals import MOST, lettered, roman
from corpus.formats.whole_number import whole_number


class Numbers:
    """The open lists of a page, in the order of reading."""

    def __init__(self) -> None:
        # For each open list: the next number and the kind of its numbers, or None if its items have no numbers.
        self._lists: list[tuple[int, str] | None] = []

    def open(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Begin a list."""
        is_counted = tag == "ol" and "reversed" not in attributes
        self._lists.append((_whole(attributes.get("start"), 1), attributes.get("type") or "1") if is_counted else None)

    def close(self) -> None:
        """End the innermost list."""
        if self._lists:
            self._lists.pop()

    def item(self, attributes: Mapping[str, str | None]) -> str:
        """The number of the next item, with a dot and a space; empty in a list without numbers."""
        if not self._lists or self._lists[-1] is None:
            return ""
        expected, kind = self._lists[-1]
        number = _whole(attributes.get("value"), expected)
        self._lists[-1] = (number + 1, kind)
        return f"{_written(number, kind)}. "


def _whole(text: str | None, default: int) -> int:
    """The number, which may be below zero."""
    if text and text[0] == "-":
        number = whole_number(text[1:], None)
        return default if number is None else -number
    return whole_number(text, default)


def _written(number: int, kind: str) -> str:
    if not 0 < number <= MOST or kind.lower() not in ("a", "i"):
        return str(number)
    said = roman(number) if kind.lower() == "i" else lettered(number)
    return said.upper() if kind.isupper() else said
