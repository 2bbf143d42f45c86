"""The pictures of docs/performance.md."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.thorough

FIGURES = {"create": {"raw": [0.1, 0.2, 0.3], "other": [0.4]}, "change": {"raw": [0.05], "other": []}}


@pytest.fixture(scope="module")
def plotted() -> Any:
    """The function, imported here: the unit tests collect this module, and need not import Matplotlib."""
    from benchmarks import plot

    return plot.plotted


def test_medians_names_and_nothing_for_what_was_not_measured(plotted: Any, tmp_path: Path) -> None:
    drawn = plotted("work", "Median time", "ms", FIGURES, tmp_path).read_text()
    for word in ("create", "change", "raw", "other", "Median time", ">200<", ">400<", ">50<"):
        assert word in drawn
    assert "nan" not in drawn


def test_the_same_figures_give_the_same_file(plotted: Any, tmp_path: Path) -> None:
    first, second = (plotted("work", "Median time", "ms", FIGURES, tmp_path / file).read_bytes() for file in "ab")
    assert first == second
