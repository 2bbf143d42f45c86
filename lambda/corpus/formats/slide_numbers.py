"""The numbers of paragraphs on slides, which the text does not have."""

from corpus.formats.numerals import MOST, chinese, circled, repeated, roman
from corpus.formats.package import Attributes, attribute
from corpus.formats.whole_number import whole_number

# The beginnings of the types of numbers, and the ends with what is around a number.
_FORMS = {"alpha": repeated, "roman": roman, "circle": circled, "ea1": chinese}
_LAST_LEVEL = 8
_AROUND = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})"}


class SlideNumbers:
    """The lists of one shape, by their levels; a paragraph that is not numbered ends the lists of its level."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[str, int]] = {}
        self._level, self._type, self._start = 0, "", 1

    def paragraph(self, attributes: Attributes) -> None:
        """Note the properties of the paragraph."""
        self._level, self._type, self._start = min(whole_number(attribute(attributes, "lvl"), 0), _LAST_LEVEL), "", 1

    def numbered(self, attributes: Attributes) -> None:
        """Note that the paragraph has a number."""
        self._type = attribute(attributes, "type") or "arabicPeriod"
        self._start = whole_number(attribute(attributes, "startAt"), 1)

    def next(self) -> str:
        """The number of the paragraph, which has a text; empty if it has none."""
        level, type = self._level, self._type
        for deeper in [each for each in self._last if each > level]:
            del self._last[deeper]
        if not type:
            self._last.pop(level, None)
            return ""
        key = f"{type} {self._start}"
        before, number = self._last.get(level, ("", 0))
        number = number + 1 if before == key else self._start
        self._last[level] = (key, number)
        form = next((form for begin, form in _FORMS.items() if type.startswith(begin)), str)
        said = form(number) if 0 < number <= MOST else str(number)
        around = next((around for end, around in _AROUND.items() if type.endswith(end)), "{}")
        return around.format(said.upper() if type[5:7] == "Uc" else said)
