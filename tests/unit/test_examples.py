"""Property-based tests try the same examples in every run, whichever modules other tests have loaded."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.properties import DEEP, examples


def drawn() -> list[str]:
    texts = list[str]()

    @examples(200)
    @given(st.text(max_size=12))
    def draw(text: str) -> None:
        texts.append(text)

    draw()
    return texts


@pytest.mark.skipif(DEEP, reason="draws new examples in each run")
def test_a_loaded_module_changes_no_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn()
    (tmp_path / "spoken.py").write_text("WORDS = ('perhaps.', 'certainly', 'never ever')\n")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("spoken")
    assert drawn() == before
