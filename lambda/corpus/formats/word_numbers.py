"""The numbers of paragraphs in Word, which the text does not have: "2.1", "a)", "Article 3"."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from corpus.formats.numerals import MOST, RUSSIAN, chinese, circled, repeated, roman
from corpus.formats.package import Attributes, Package, attribute, local
from corpus.formats.whole_number import whole_number
from corpus.formats.word_styles import ListPlace, WordStyles

# The list of a paragraph that its style would number, and that has no number.
NO_LIST = "0"
_LAST_LEVEL = 8
_PLACE = re.compile(r"%([1-9])")
# The formats that are not digits. Others, such as numbers in words, are written in digits.
_FORMATS: Mapping[str, Callable[[int], str]] = {
    "lowerLetter": repeated,
    "upperLetter": lambda number: repeated(number).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda number: roman(number).upper(),
    "decimalZero": lambda number: f"{number:02}",
    "russianLower": lambda number: repeated(number, RUSSIAN),
    "russianUpper": lambda number: repeated(number, RUSSIAN).upper(),
    "decimalEnclosedCircle": circled,
    "decimalEnclosedCircleChinese": circled,
    # Up to 99, Japanese counts as Chinese does.
    **dict.fromkeys(("chineseCounting", "chineseCountingThousand", "taiwaneseCountingThousand"), chinese),
    **dict.fromkeys(("taiwaneseCounting", "japaneseCounting"), chinese),
}
_UNNUMBERED = ("bullet", "none")


@dataclass
class _Level:
    """A level of a list: the `text` has the number of this level and of outer ones as %1 to %9."""

    start: int = 0
    format: str = "decimal"
    text: str = ""
    restart: int | None = None
    is_legal: bool = False


@dataclass
class _List:
    """A list of the document: its kind, with levels and first numbers of its own."""

    kind: str = ""
    levels: dict[int, _Level] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)


class WordNumbers:
    """The lists of a document, in the part `numbering`; lists of one kind continue each other."""

    def __init__(self, styles: WordStyles) -> None:
        self._styles = styles
        self._kinds: dict[str, dict[int, _Level]] = {}
        self._links: dict[str, str] = {}
        # The levels that are the styles of their paragraphs, by the kind of the list and the style.
        self._linked: dict[tuple[str, str], int] = {}
        self._lists: dict[str, _List] = {}
        self._kind, self._list, self._at = "", _List(), 0
        self._level = _Level()
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()

    def read(self, package: Package, part: str) -> None:
        """Read the definitions of lists. Raises BadArchive."""
        package.walk(part, self._start)

    def again(self) -> None:
        """Begin all lists again, because another part begins."""
        self._counts.clear()
        self._begun.clear()

    def of_style(self, style: str) -> ListPlace | None:
        """The place in a list of paragraphs with the style."""
        place = self._styles.numbered.get(style)
        if place is None or place.list not in self._lists:
            return None
        kind, line = self._kind_of(place.list), self._styles.line(style)
        level = next((self._linked[kind, each] for each in line if (kind, each) in self._linked), place.level)
        return ListPlace(place.list, level)

    def next(self, place: ListPlace) -> str:
        """Count the next paragraph at this place, and return its number as it is shown; empty for a bullet."""
        id, at = place.list, min(place.level or 0, _LAST_LEVEL)
        if id == NO_LIST or id not in self._lists:
            return ""
        kind = self._kind_of(id)
        own, counts = self._lists[id], self._counts.setdefault(kind, {})
        level = self._level_of(id, at)
        if at in own.starts and (id, at) not in self._begun:
            counts.pop(at, None)
        self._begun.add((id, at))
        counts[at] = counts[at] + 1 if at in counts else self._first(id, at)
        for deeper in [each for each in counts if each > at]:
            restart = self._level_of(id, deeper).restart
            if restart is None or at < restart:
                del counts[deeper]
        if level.format == "bullet":
            return ""

        def shown(match: re.Match[str]) -> str:
            of = int(match[1]) - 1
            number = counts.get(of, self._first(id, of))
            return _written(number, "decimal" if level.is_legal else self._level_of(id, of).format)

        return _PLACE.sub(shown, level.text).strip()

    def _first(self, id: str, at: int) -> int:
        return self._lists[id].starts.get(at, self._level_of(id, at).start)

    def _level_of(self, id: str, at: int) -> _Level:
        level = self._lists[id].levels.get(at)
        return level or self._kinds.get(self._kind_of(id), {}).get(at) or _Level()

    def _kind_of(self, id: str) -> str:
        """The kind with the levels of the list; a kind may name a style of lists instead, which names another list."""
        kind = self._lists[id].kind
        style = self._styles.numbered.get(self._links.get(kind, ""))
        return self._lists[style.list].kind if style and style.list in self._lists else kind

    def _start(self, tag: str, attributes: Attributes) -> None:
        name, value = local(tag), attribute(attributes, "val") or ""
        if name == "abstractNum":
            self._kind = attribute(attributes, "abstractNumId") or ""
            self._kinds[self._kind] = {}
            self._list = _List()
        elif name == "num":
            self._list = self._lists.setdefault(attribute(attributes, "numId") or "", _List())
            self._kind = ""
        elif name in ("lvl", "lvlOverride"):
            self._at = whole_number(attribute(attributes, "ilvl"), 0)
            if name == "lvl":
                self._level = _Level()
                self._kinds.get(self._kind, self._list.levels)[self._at] = self._level
        elif name == "abstractNumId":
            self._list.kind = value
        elif name == "startOverride":
            self._list.starts[self._at] = whole_number(value, 0)
        elif name == "numStyleLink":
            self._links[self._kind] = value
        elif name == "pStyle":
            self._linked[self._kind, value] = self._at
        else:
            self._property(name, value)

    def _property(self, name: str, value: str) -> None:
        if name == "start":
            self._level.start = whole_number(value, 0)
        elif name == "numFmt":
            self._level.format = value
        elif name == "lvlText":
            self._level.text = value
        elif name == "lvlRestart":
            self._level.restart = whole_number(value, 0)
        elif name == "isLgl":
            self._level.is_legal = value not in ("0", "false", "off")


def _written(number: int, format: str) -> str:
    """The number in the format; Word shows only digits beyond what a format can write."""
    if format in _UNNUMBERED:
        return ""
    return _FORMATS.get(format, str)(number) if 0 < number <= MOST else str(number)
