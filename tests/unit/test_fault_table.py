"""The table of docs/faults.md shows the results, and a run with other results reports the difference."""

from pathlib import Path

import pytest

from tests.contract.fault_matrix import CONVERGES, FAILS, Cell
from tests.contract.fault_proxy import Fault
from tests.contract.fault_table import Table
from tests.contract.faults import FAULTS

KINDS = ["Role", "Index"]
FAULT = Fault("429")


def _table(published: str = "") -> Table:
    return Table(published, KINDS, [FAULT.name])


def _published() -> str:
    table = _table()
    table.begin("Role", {"create": 2, "delete": 1})
    table.saw(Cell("Role", "create", 1, FAULT, lasting=False), CONVERGES)
    table.saw(Cell("Role", "create", 1, FAULT, lasting=True), FAILS)
    table.saw(Cell("Role", "create", 2, FAULT, lasting=True), CONVERGES)
    table.saw(Cell("Role", "delete", 1, FAULT, lasting=True), FAILS)
    return table.text("")


def test_the_page() -> None:
    once, lasting = _published().split("## Lasting")
    assert "| 429 | `+..?` | `????` |" in once
    assert "| tried | `1/3` | `????` |" in once
    assert "| 429 | `±..-` | `????` |" in lasting
    assert "| tried | `3/3` | `????` |" in lasting


def test_what_was_not_tried_this_time_stays() -> None:
    table = _table(_published())
    table.begin("Index", {"create": 1, "update": 1})
    table.saw(Cell("Index", "create", 1, FAULT, lasting=False), CONVERGES)
    page = table.text(_published())
    assert "| 429 | `+..?` | `+?..` |" in page
    assert "| 429 | `±..-` | `??..` |" in page


@pytest.mark.parametrize(
    ("cell", "result", "agrees"),
    [
        (Cell("Role", "create", 1, FAULT, lasting=False), CONVERGES, True),
        # Only one of three was tried.
        (Cell("Role", "create", 1, FAULT, lasting=False), FAILS, True),
        (Cell("Role", "create", 1, FAULT, lasting=True), CONVERGES, True),
        (Cell("Role", "create", 1, FAULT, lasting=True), FAILS, True),
        (Cell("Role", "delete", 1, FAULT, lasting=True), CONVERGES, False),
        (Cell("Role", "delete", 1, FAULT, lasting=False), CONVERGES, True),
    ],
)
def test_a_run_that_sees_something_else(cell: Cell, result: str, agrees: bool) -> None:
    table = _table(_published())
    table.saw(cell, result)
    assert (table.disagreements(cell.kind) == []) is agrees


def test_the_published_page_knows_every_fault() -> None:
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
    assert all(page.count(f"\n| {fault.name} |") == 2 for fault in FAULTS)
