"""No test takes the day or the hour from the clock: a test that runs over midnight would see two of them.

A test chooses a day, and gives it to the code as its clock. Differences of times do not depend on the day.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_chance import TESTS, name_of

SIGN = re.compile(r"now\(|today\(|gmtime|localtime|strftime|time\.time")
CLOCKS = frozenset({"now", "utcnow", "gmtime", "localtime"})
# What a time gives that changes at midnight, at a full hour or at a full minute.
PARTS = frozenset({"date", "day", "month", "year", "hour", "minute", "weekday", "isoweekday", "tm_mday", "tm_mon"})
# The arguments of `replace` that make a time the beginning of a minute, an hour, a day or a month.
ROUND = frozenset({"second", "minute", "hour", "day", "month", "year"})


def is_time(node: ast.expr, names: set[str]) -> bool:
    """Whether an expression is the current time, one that is calculated from it, or a variable with such a time."""
    match node:
        case ast.BinOp(left=left, right=right):
            return is_time(left, names) or is_time(right, names)
        case ast.Name(id=name):
            return name in names
        case ast.Call(func=ast.Attribute(attr="astimezone" | "replace", value=value)):
            return is_time(value, names)
        case ast.Call(func=ast.Attribute(attr="fromtimestamp"), args=[seconds, *_]):
            return is_time(seconds, names)
        case ast.Call(func=function):
            return name_of(function) in CLOCKS or ast.unparse(function) == "time.time"
    return False


def is_in_part(node: ast.AST, names: set[str]) -> bool:
    """Whether code reads a part of the current time, such as its day."""
    match node:
        case ast.Call(func=ast.Attribute(attr="today")):
            return True
        case ast.Call(func=ast.Attribute(attr="replace", value=value), keywords=changed):
            return is_time(value, names) and not ROUND.isdisjoint(str(keyword.arg) for keyword in changed)
        case ast.Call(func=ast.Attribute(attr="strftime", value=value), args=[form, *moment]):
            current = is_time(value, names) or (ast.unparse(value) == "time" and all(is_time(m, names) for m in moment))
            return current and "%S" not in ast.unparse(form)
        case ast.FormattedValue(value=value, format_spec=ast.JoinedStr() as form):
            return is_time(value, names) and "%S" not in ast.unparse(form)
        case ast.BinOp(left=left, op=ast.FloorDiv() | ast.Mod()):
            return is_time(left, names)
        case ast.Attribute(attr=attr, value=value):
            return attr in PARTS and is_time(value, names)
    return False


def assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The pairs of a variable and its value in an assignment such as `a, b = 1, 2`."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        yield from zip(target.elts, value.elts, strict=False)
    else:
        yield target, value


def days(tree: ast.Module) -> Iterator[ast.AST]:
    names = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            pairs = [pair for target in node.targets for pair in assigned(target, node.value)]
            names |= {target.id for target, value in pairs if isinstance(target, ast.Name) and is_time(value, names)}
    return (node for node in ast.walk(tree) if is_in_part(node, names))


def seen(folder: Path) -> set[tuple[str, str]]:
    """The file and the code of each such place in and below a folder."""
    return {
        (file.relative_to(folder).as_posix(), ast.unparse(node))
        for file in folder.rglob("*.py")
        if SIGN.search(text := file.read_text())
        for node in days(ast.parse(text))
    }


def test_no_test_takes_the_day_from_the_clock() -> None:
    assert seen(TESTS) == set()


@pytest.mark.parametrize(
    "code",
    [
        "day = date.today()",
        "today = datetime.now(UTC).date()",
        "name = f'{datetime.now(UTC):%Y-%m-%d}'",
        "now = datetime.now(UTC)\nmonth = f'{now:%Y-%m}'",
        "made, now = Maker(), datetime.now(UTC)\nassert made.day == now.day",
        "yesterday = (datetime.now(UTC) - timedelta(days=1)).date()",
        "midnight = datetime.now(UTC).replace(hour=0, minute=0)",
        "now = datetime.fromtimestamp(time.time(), UTC)\nassert now.weekday() < 5",
        "folder = time.strftime('%Y/%m/%d')",
        "folder = time.strftime('%Y/%m/%d', time.gmtime())",
        "folder = datetime.now().strftime('%Y-%m-%d')",
        "day = time.time() // 86400",
    ],
)
def test_each_way_to_take_the_day_is_seen(tmp_path: Path, code: str) -> None:
    (tmp_path / "a.py").write_text(code)
    assert seen(tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        "began = datetime.now(UTC).replace(microsecond=0)",
        "old = datetime.now(UTC) - timedelta(days=91)",
        "date = datetime.now(UTC) - timedelta(minutes=6)\nstamp = f'{date:%Y%m%dT%H%M%SZ}'",
        "claims = {'exp': int(time.time()) + 600}",
        "day = Period.day(LATE)",
        "assert made.day == 1",
    ],
)
def test_what_does_not_depend_on_the_day_is_allowed(tmp_path: Path, code: str) -> None:
    (tmp_path / "a.py").write_text(code)
    assert seen(tmp_path) == set()
