"""Numbers before nouns: `1 document`, not `1 documents`."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from calls.count_of import count_of

ROOT = Path(__file__).parents[2]
NOUNS = (
    "action byte cell chunk document entry event file index item object page part passage policy "
    "question role sentence source stack vector write"
)
_PLURAL = re.compile(
    rf" (?:more |old |other |new |personal )?(?:{'|'.join(count_of(2, n)[2:] for n in NOUNS.split())})\b"
)
_SEVERAL = re.compile(r"\b(?:their|them|they|these|those|are|were|have|do|others)\b|[a-z]\(s\)")
# `1 of 5 documents` has its noun after another number.
_LIMIT = re.compile(r"(?:most|than|to|of|of the|the|at once, in) $")


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (0, "document", "0 documents"),
        (1, "document", "1 document"),
        (1_000, "entry", "1,000 entries"),
        (2, "index", "2 indexes"),
        (2, "day", "2 days"),
        (3, "address", "3 addresses"),
    ],
)
def test_a_number_has_its_noun_in_the_right_form(number: int, noun: str, said: str) -> None:
    assert count_of(number, noun) == said


def _is_any(value: ast.expr, before: str) -> bool:
    """Whether the number may be one: it is neither a constant nor a limit."""
    name = ast.unparse(value.value).rpartition(".")[2] if isinstance(value, ast.FormattedValue) else ""
    return not name.isupper() and not _LIMIT.search(before)


def _before_nouns(text: ast.JoinedStr) -> bool:
    """Whether a value stands directly before a plural noun."""
    before = ""
    for value, after in zip(text.values, [*text.values[1:], ast.Constant("")], strict=True):
        if isinstance(value, ast.Constant):
            before = str(value.value)
        elif isinstance(after, ast.Constant) and _is_any(value, before) and _PLURAL.match(str(after.value)):
            return True
        else:
            before = ""
    return False


def _is_counted(value: ast.expr, after: ast.expr) -> bool:
    """Whether the value is a number of things: `{count_of(…)}`, `{len(…)}`, `{number:,}` or `{number} of {all}`."""
    if not isinstance(value, ast.FormattedValue):
        return False
    written, form = ast.unparse(value.value), ast.unparse(value.format_spec) if value.format_spec else ""
    return "count_of(" in written or "len(" in written or "," in form or getattr(after, "value", "") == " of "


def _before_plurals(text: ast.JoinedStr) -> bool:
    """Whether a word behind a number fits several things only, such as `1 document read; of their chunks …`."""
    counted = False
    for value, after in zip(text.values, [*text.values[1:], ast.Constant("")], strict=True):
        if isinstance(value, ast.Constant) and _SEVERAL.search(str(value.value)) and counted:
            return True
        counted = counted or _is_counted(value, after)
    return False


@pytest.mark.parametrize("package", ["lambda", "osml", "settings"])
@pytest.mark.parametrize("is_wrong", [_before_nouns, _before_plurals])
def test_no_message_writes_a_plural_behind_any_number(package: str, is_wrong: Callable[[ast.JoinedStr], bool]) -> None:
    wrong = {
        str(file.relative_to(ROOT)): sentences
        for file in sorted((ROOT / package).rglob("*.py"))
        if (sentences := _sentences(ast.parse(file.read_text(encoding="utf-8")), is_wrong))
    }
    assert wrong == {}


def _sentences(tree: ast.AST, is_wrong: Callable[[ast.JoinedStr], bool]) -> list[str]:
    return [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) and is_wrong(node)]


@pytest.mark.parametrize(
    "message",
    [
        "f'{count_of(read, noun)} read; of their chunks {summary}.'",
        "f'{len(lines)} lines were read.'",
        "f'{good} of {all} objects are as they were.'",
        "f'{more:,} more are in --json.'",
        "f'{len(parts)} part(s)'",
    ],
)
def test_such_a_message_is_found(message: str) -> None:
    assert _sentences(ast.parse(message), _before_plurals)
