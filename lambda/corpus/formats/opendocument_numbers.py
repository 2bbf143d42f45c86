"""The numbers of lists and headings in OpenDocument, which the text does not have."""

from dataclasses import dataclass, field

from corpus.formats.numerals import MOST, lettered, repeated, roman
from corpus.formats.package import Attributes, attribute, local
from corpus.formats.whole_number import whole_number

_NUMBERED = ("list-level-style-number", "outline-level-style")
_LEVELS = (*_NUMBERED, "list-level-style-bullet", "list-level-style-image")
# The name of the only style for the numbers of headings.
_OUTLINE = "outline-style"
_LAST_LEVEL = 10


@dataclass
class _Level:
    """A level of a style; `format` is empty for levels without numbers, such as bullets."""

    format: str = ""
    prefix: str = ""
    suffix: str = ""
    shown: int = 1
    start: int = 1
    repeats: bool = False


@dataclass
class _Counts:
    """The last number of each level of a list or of the headings."""

    numbers: dict[int, int] = field(default_factory=dict)

    def next(self, at: int, start: int, *, again: bool = False) -> None:
        """Count at this level; deeper levels begin again."""
        self.numbers[at] = start if again or at not in self.numbers else self.numbers[at] + 1
        self.begin(at + 1)

    def begin(self, at: int) -> None:
        """Begin again at this level and at deeper ones."""
        for each in [each for each in self.numbers if each >= at]:
            del self.numbers[each]


class OpenDocumentNumbers:
    """The styles of lists, and the open lists in the order of reading."""

    def __init__(self) -> None:
        self._styles: dict[str, dict[int, _Level]] = {}
        self._style: dict[int, _Level] = {}
        self._headings = _Counts()
        # The open lists: the style of each. All but the first are levels of it.
        self._open: list[str] = []
        self._counts = _Counts()
        self._goes_on = False
        self._last, self._named = ("", _Counts()), dict[str, _Counts]()
        # For each open item: whether its first paragraph is to come, and its own first number.
        self._items: list[tuple[bool, int | None]] = []

    def style(self, tag: str, attributes: Attributes) -> None:
        """Note a style of lists, or a level of one."""
        name = local(tag)
        if name in ("list-style", _OUTLINE):
            self._style = self._styles.setdefault(_OUTLINE if name == _OUTLINE else _of(attributes, "name"), {})
        elif name in _LEVELS and (at := whole_number(_of(attributes, "level"), 1)) <= _LAST_LEVEL:
            self._style[at] = _Level(
                _of(attributes, "num-format") if name in _NUMBERED else "",
                _of(attributes, "num-prefix"),
                _of(attributes, "num-suffix"),
                whole_number(_of(attributes, "display-levels"), 1),
                whole_number(_of(attributes, "start-value"), 1),
                _of(attributes, "num-letter-sync") == "true",
            )

    def open(self, attributes: Attributes) -> None:
        """Begin a list; a list within another one is a level of it."""
        named = _of(attributes, "style-name")
        continues = _of(attributes, "continue-numbering") == "true"
        if self._open:
            if not (continues or self._goes_on):
                self._counts.begin(len(self._open) + 1)
            self._open.append(named or self._open[-1])
            return
        of_list = self._named.get(_of(attributes, "continue-list"))
        if of_list is None and continues and named in ("", self._last[0]):
            of_list = self._last[1]
        self._goes_on = of_list is not None
        self._counts = of_list or _Counts()
        self._last = (named, self._counts)
        if id := _of(attributes, "id"):
            self._named[id] = self._counts
        self._open.append(named)

    def close(self) -> None:
        """End the innermost list."""
        if self._open:
            self._open.pop()

    def item(self, name: str, attributes: Attributes) -> None:
        """Begin an item; `list-header` has no number."""
        start = _of(attributes, "start-value")
        self._items.append((name == "list-item", whole_number(start, 1) if start else None))

    def end_item(self) -> None:
        """End the innermost item."""
        if self._items:
            self._items.pop()

    def paragraph(self, tag: str, attributes: Attributes) -> str:
        """The number of a paragraph that begins; empty if it has none."""
        if self._open and self._items:
            is_first, start = self._items[-1]
            self._items[-1] = (False, None)
            return self._next(self._counts, self._open[-1], len(self._open), start) if is_first else ""
        if local(tag) != "h" or _of(attributes, "is-list-header") == "true":
            return ""
        start = (
            whole_number(_of(attributes, "start-value"), 1) if _of(attributes, "restart-numbering") == "true" else None
        )
        return self._next(self._headings, _OUTLINE, whole_number(_of(attributes, "outline-level"), 1), start)

    def _next(self, counts: _Counts, style: str, at: int, start: int | None) -> str:
        levels = self._styles.get(style, {})
        level = levels.get(at)
        if level is None:
            return ""
        counts.next(at, level.start if start is None else start, again=start is not None)
        self._goes_on = self._goes_on and at > 1
        if not level.format:
            return ""
        shown = range(max(1, at - level.shown + 1), at + 1)
        numbers = [
            _written(counts.numbers.get(each, levels[each].start), levels[each])
            for each in shown
            if each in levels and levels[each].format
        ]
        return f"{level.prefix}{'.'.join(numbers)}{level.suffix}".strip()


def _of(attributes: Attributes, name: str) -> str:
    return attribute(attributes, name) or ""


def _written(number: int, level: _Level) -> str:
    letters = repeated if level.repeats else lettered
    written = {"a": letters, "A": letters, "i": roman, "I": roman}.get(level.format)
    if written is None or not 0 < number <= MOST:
        return str(number)
    return written(number).upper() if level.format.isupper() else written(number)
