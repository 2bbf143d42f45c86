"""Whatever an environment file holds: an environment, or one sentence that names the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from osml.environment import SettingError, load
from sandbox.instance import CHECKOUT
from tests.unit.properties import examples, spoiled, values

FILES = sorted((CHECKOUT / "environments").glob("*.yaml"))
# A sentence shows a value at most so far, and never fills a screen.
LONGEST = 600


def ends_in_a_sentence(act: Callable[[], Any], shown: str) -> None:
    sentence = ""
    try:
        act()
    except SettingError as error:
        sentence = str(error)
    if sentence:
        assert sentence.startswith(shown)
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert len(sentence) <= LONGEST


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@examples(25)
@given(data=st.data())
def test_settings_are_right_or_named(file: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    settings = data.draw(spoiled(yaml.safe_load(file.read_text())) | values())
    directory = tmp_path_factory.getbasetemp()
    (directory / "drawn.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    ends_in_a_sentence(lambda: load("drawn", directory), f"{directory.name}/drawn.yaml")


@examples(60)
@given(content=st.binary(max_size=60) | st.text("ab: -[]{}#&*!|>'\"%@`\n\t\\?,.0", max_size=60).map(str.encode))
def test_a_file_of_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    directory = tmp_path_factory.getbasetemp()
    (directory / "drawn.yaml").write_bytes(content)
    ends_in_a_sentence(lambda: load("drawn", directory), f"{directory.name}/drawn.yaml")


@examples(40)
@given(name=st.text(max_size=30))
def test_any_name(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    with pytest.raises(SettingError, match=r"there are|choose one"):
        load(name, tmp_path_factory.getbasetemp() / "none")
