"""Shows numbers as people see them in a workbook, by their number formats (ECMA-376, part 1, 18.8.30 and 18.8.31)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from corpus.formats.date_format import is_date, shown_date
from corpus.formats.digits import Digits, Token, digits_of, general, literal

# The built-in formats, which a workbook need not define, by their numbers; 14 and 22 depend on the machine's language.
BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: "$#,##0;-$#,##0",
    6: "$#,##0;-$#,##0",
    7: "$#,##0.00;-$#,##0.00",
    8: "$#,##0.00;-$#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy-mm-dd",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    37: "#,##0;(#,##0)",
    38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
}
GENERAL = ("", "general", "@")
_TOKEN = re.compile(
    r"""
    "(?P<quoted>[^"]*)"? | \\(?P<escaped>.) | _(?P<width>.) | \*(?P<fill>.) | \[(?P<bracket>[^\]]*)\]
    | (?P<exponent>[Ee][+-]) | (?P<general>General) | (?P<digit>[0#?]) | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)$")
_CURRENCY = re.compile(r"\$([^-]*)")
# The limit of a format in characters; programs write up to 255.
_LONGEST = 1000


@dataclass
class _Section:
    """One part of a format: its tokens, and the condition under which it applies."""

    tokens: Sequence[Token]
    condition: tuple[str, float] | None

    @cached_property
    def digits(self) -> Digits:
        """How this part shows a number."""
        return digits_of(self.tokens)

    @cached_property
    def is_general(self) -> bool:
        """Whether this part shows numbers without a format."""
        return any(kind == "general" for kind, _ in self.tokens)

    @cached_property
    def is_date(self) -> bool:
        """Whether this part shows a date, time or duration."""
        return is_date(self.tokens)


def shown(value: float, format: str, *, since_1904: bool = False) -> str:
    """The number in this format; without a format if the format does not apply to it."""
    if format.lower() in GENERAL or len(format) > _LONGEST:
        return general(value)
    try:
        return _shown(value, format, since_1904=since_1904)
    except (ArithmeticError, ValueError):
        return general(value)


def _shown(value: float, format: str, *, since_1904: bool) -> str:
    sections = _sections(format)
    section, is_absolute = _chosen(value, sections)
    if section is None:
        return general(value)
    if section.is_general:
        number = general(abs(value) if is_absolute else value)
        return "".join(number if token[0] == "general" else literal(token) for token in section.tokens).strip()
    if section.is_date:
        return shown_date(value, section.tokens, since_1904=since_1904) or general(value)
    return section.digits.shown(abs(value) if is_absolute else value).strip()


@lru_cache(maxsize=512)
def _sections(format: str) -> tuple[_Section, ...]:
    sections: list[_Section] = []
    tokens: list[Token] = []
    condition: tuple[str, float] | None = None
    for match in _TOKEN.finditer(format):
        kind = match.lastgroup or ""
        text = match[kind]
        if kind == "other" and text == ";":
            sections.append(_Section(tuple(tokens), condition))
            tokens, condition = [], None
        elif kind == "bracket" and (limit := _CONDITION.match(text)):
            condition = (limit[1], float(limit[2]))
        elif kind == "bracket" and (sign := _CURRENCY.match(text)):
            tokens.append(("quoted", sign[1]))
        elif kind not in ("fill", "bracket") or _is_elapsed(text):
            tokens.append((kind, text))
    sections.append(_Section(tuple(tokens), condition))
    return tuple(sections)


def _is_elapsed(text: str) -> bool:
    """Whether a bracket contains a duration, such as [h] or [mm]; others contain colours."""
    return bool(re.fullmatch(r"h+|m+|s+", text, re.IGNORECASE))


def _chosen(value: float, sections: Sequence[_Section]) -> tuple[_Section | None, bool]:
    """The part for the value, and whether the part itself shows that the value is negative."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or _holds(value, *section.condition):
                return section, False
        return None, False
    if value < 0 and len(sections) > 1:
        return sections[1], True
    if value == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], False


def _holds(value: float, sign: str, limit: float) -> bool:
    return {
        "<": value < limit,
        ">": value > limit,
        "=": value == limit,
        "<=": value <= limit,
        ">=": value >= limit,
        "<>": value != limit,
    }[sign]
