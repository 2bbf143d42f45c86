"""Schedules: cron expressions in the form of AWS, and their time zones."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# The name of each field, its minimum and maximum, the names of its values, and a pattern of other values.
# https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...], str], ...] = (
    ("minutes", 0, 59, (), ""),
    ("hours", 0, 23, (), ""),
    ("day of the month", 1, 31, (), r"\?|L|LW|[0-9]{1,2}W"),
    ("month", 1, 12, _MONTHS, ""),
    ("day of the week", 1, 7, _DAYS, r"\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])"),
    ("year", 1970, 2199, (), ""),
)
_PART = re.compile(r"(\*|(?P<first>[0-9A-Z]+)(-(?P<last>[0-9A-Z]+))?)(/(?P<step>[0-9]+))?")


def _cron(expression: str) -> str:
    given = expression[len("cron(") : -1].split(" ")
    for text, field in zip(given, _FIELDS, strict=True):
        name, least, most = field[:3]
        if not all(_is_part(part, field) for part in text.split(",")):
            raise ValueError(
                f"the {name} of {expression!r} is {text!r}, but can be {least} to {most}; "
                "write minutes, hours, day of the month, month, day of the week and year"
            )
    if (given[2] == "?") == (given[4] == "?"):
        raise ValueError(
            f"{expression!r} must have ? for either the day of the month or the day of the week, but not for both"
        )
    return expression


def _is_part(part: str, field: tuple[str, int, int, tuple[str, ...], str]) -> bool:
    _, least, most, names, special = field
    if special and re.fullmatch(special, part):
        return True
    match = _PART.fullmatch(part)
    if match is None:
        return False
    given = [part for part in (match["first"], match["last"]) if part]
    numbers = [names.index(part) + 1 if part in names else int(part) if part.isdigit() else -1 for part in given]
    return all(least <= number <= most for number in numbers) and match["step"] not in ("0", "00")


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such time zone, or a folder of time zones
        raise ValueError(f"there is no time zone {name!r}; set one such as Europe/Berlin or Etc/UTC") from None
    return name


# A cron expression of Application Auto Scaling.
Cron = Annotated[str, Field(pattern=r"^cron\([^ ()]+( [^ ()]+){5}\)$"), AfterValidator(_cron)]
TimeZone = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*(/[A-Za-z0-9_+-]+)*$", max_length=64), AfterValidator(_time_zone)
]
