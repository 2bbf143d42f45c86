"""Numbers before nouns: `1 document`, not `1 documents`."""

import ast
import re
from pathlib import Path

import pytest

from calls.count_of import count_of

ROOT = Path(__file__).parents[2]
NOUNS = (
    "action byte cell chunk document entry event file index item object page passage question role sentence "
    "source stack"
)
_PLURAL = re.compile(
    rf" (?:more |old |other |new |personal )?(?:{'|'.join(count_of(2, n)[2:] for n in NOUNS.split())})\b"
)
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


def _sentences(tree: ast.AST) -> list[str]:
    """The texts around the values of each formatted string that has a value directly before a plural noun."""
    wrong = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        before = ""
        for value, after in zip(node.values, [*node.values[1:], ast.Constant("")], strict=True):
            if isinstance(value, ast.Constant):
                before = str(value.value)
            elif isinstance(after, ast.Constant) and _is_any(value, before) and _PLURAL.match(str(after.value)):
                wrong.append(ast.unparse(node))
            else:
                before = ""
    return wrong


@pytest.mark.parametrize("package", ["osml", "lambda"])
def test_no_message_writes_a_plural_behind_any_number(package: str) -> None:
    wrong = {
        str(file.relative_to(ROOT)): sentences
        for file in sorted((ROOT / package).rglob("*.py"))
        if (sentences := _sentences(ast.parse(file.read_text(encoding="utf-8"))))
    }
    assert wrong == {}
