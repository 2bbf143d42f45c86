"""Shows dates, times and durations of workbooks in their number formats."""

import datetime
import re
from collections.abc import Sequence
from functools import lru_cache

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_LETTERS = frozenset("ymdhsYMDHS")
_HALF = re.compile(r"AM/PM|A/P", re.IGNORECASE)
_SECONDS = 24 * 60 * 60
# The last day that workbooks know: 9999-12-31.
_LAST = 2958466


def is_date(tokens: Sequence[tuple[str, str]]) -> bool:
    """Whether the format shows dates, times or durations."""
    return any((kind == "other" and text in _LETTERS) or kind == "bracket" for kind, text in tokens)


def shown_date(value: float, tokens: Sequence[tuple[str, str]], *, since_1904: bool) -> str | None:
    """The number of days, shown in this format; None if workbooks show no such time."""
    parts = _parts(tuple(tokens))
    digits = next((len(text) for kind, text in parts if kind == "part of a second"), 0)
    seconds = round(value * _SECONDS, digits)
    if not 0 <= value < _LAST and not any(kind == "elapsed" for kind, _ in parts):
        return None
    has_half = any(kind == "half" for kind, _ in parts)
    moment = _moment(seconds, since_1904=since_1904) if 0 <= value < _LAST else None
    said = "".join(_said(kind, text, seconds, moment, has_half=has_half) for kind, text in parts)
    return said.strip()


@lru_cache(maxsize=512)
def _parts(tokens: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The tokens, with equal letters joined; an `m` next to hours or seconds means minutes."""
    parts: list[tuple[str, str]] = []
    text = "".join(text if kind == "other" else "\0" for kind, text in tokens)
    at = 0
    while at < len(tokens):
        kind, letter = tokens[at]
        half = _HALF.match(text, at)
        if half:
            parts.append(("half", half[0]))
            at = half.end()
        elif kind == "other" and letter in _LETTERS:
            end = at
            while end < len(tokens) and tokens[end][0] == "other" and tokens[end][1].lower() == letter.lower():
                end += 1
            parts.append((letter.lower(), text[at:end].lower()))
            at = end
        elif kind == "other" and letter == "." and at + 1 < len(tokens) and tokens[at + 1] == ("digit", "0"):
            end = at + 1
            while end < len(tokens) and tokens[end] == ("digit", "0"):
                end += 1
            parts.append(("part of a second", "0" * (end - at - 1)))
            at = end
        else:
            parts.append(("elapsed" if kind == "bracket" else "literal", " " if kind == "width" else letter))
            at += 1
    return _with_minutes(parts)


def _with_minutes(parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    timed = [at for at, (kind, _) in enumerate(parts) if kind in ("y", "m", "d", "h", "s", "elapsed")]
    for place, at in enumerate(timed):
        if parts[at][0] != "m" or len(parts[at][1]) > 2:
            continue
        before = parts[timed[place - 1]] if place else ("", "")
        after = parts[timed[place + 1]] if place + 1 < len(timed) else ("", "")
        if before[0] == "h" or (before[0] == "elapsed" and before[1][0] in "hH") or after[0] == "s":
            parts[at] = ("minute", parts[at][1])
    return parts


def _moment(seconds: float, *, since_1904: bool) -> datetime.datetime:
    # Like Lotus 1-2-3, workbooks count 29 February 1900, which did not exist. So before March 1900, one day is added.
    year, month, day = (1904, 1, 1) if since_1904 else (1899, 12, 30)
    first = datetime.datetime(year, month, day, tzinfo=datetime.UTC)
    if not since_1904 and seconds < 60 * _SECONDS:
        first += datetime.timedelta(days=1)
    return first + datetime.timedelta(seconds=seconds)


def _said(kind: str, text: str, seconds: float, moment: datetime.datetime | None, *, has_half: bool) -> str:
    size = len(text)
    if kind == "literal":
        return text
    if kind == "elapsed":
        unit = {"h": 3600, "m": 60, "s": 1}[text[0].lower()]
        return ("-" if seconds < 0 else "") + str(int(abs(seconds) // unit)).rjust(size, "0")
    if kind == "part of a second":
        return f"{abs(seconds) % 1:.{size}f}"[1:]
    if kind in ("minute", "s") or moment is None:
        whole = int(abs(seconds))
        number = whole // 60 % 60 if kind == "minute" else whole % 60
        return str(number).rjust(min(size, 2), "0")
    if kind == "half":
        said = "AM" if moment.hour < 12 else "PM"
        return said if size > 3 else said[0]
    if kind == "h":
        return str((moment.hour + 11) % 12 + 1 if has_half else moment.hour).rjust(min(size, 2), "0")
    if kind == "y":
        return f"{moment.year % 100:02}" if size <= 2 else str(moment.year)
    names, number = (_MONTHS, moment.month) if kind == "m" else (_DAYS, moment.weekday() + 1)
    if size <= 2:
        return str(moment.month if kind == "m" else moment.day).rjust(size, "0")
    name = names[number - 1]
    return {3: name[:3], 5: name[0]}.get(size, name)
