"""No text written by others can control a terminal."""

import json
from pathlib import Path

import pytest

from osml.ask import answer_view
from osml.place import CHECKOUT
from osml.terminal import as_json, shown, visible
from rag.models import Highlight
from tests import answers

ACTING = "\x1b]0;title\x07\x1b[31mred\x08\r\x9b31m\x7f\u202eabc\x00\ud800"


def test_each_character_that_acts_has_a_name_instead() -> None:
    assert visible("line\n\ttab é 東 \U0001f600") == "line\n\ttab é 東 \U0001f600"
    assert visible("\x1b[31m\x9b\u202e\ud800") == "\\x1b[31m\\x9b\\u202e\ufffd"
    assert shown("[red]") == "\\[red]"


def test_json_says_what_was_given() -> None:
    text = as_json({"a": ACTING, "b": "é\n"})
    assert json.loads(text) == {"a": ACTING, "b": "é\n"}
    assert "é" in text
    assert not set(text) & set("\x1b\x07\x08\r\x9b\x7f\u202e\x00\ud800")


def test_an_answer_shows_only_characters(capsys: pytest.CaptureFixture[str]) -> None:
    source = answers.source(f"id{ACTING}", 0.5, f"{ACTING} text", highlights=[Highlight(start=0, end=10)])
    answer = answers.answer(f"a{ACTING}", source, model="m")
    answer_view.show(f"q{ACTING}", answer, "osml ask")
    answer_view.print_json(answer)
    printed = capsys.readouterr().out
    assert "title" in printed
    assert not set(printed) & set("\x1b\x07\x08\r\x9b\x7f\u202e\x00\ud800")


def test_one_module_escapes_for_the_terminal() -> None:
    """All external texts are printed through osml/terminal.py: no other module uses Rich's `escape`."""
    paths = {
        file.relative_to(CHECKOUT).as_posix()
        for file in Path(CHECKOUT, "osml").rglob("*.py")
        if "rich.markup" in file.read_text()
        or "ensure_ascii=False)\n" in file.read_text().replace("json.dumps(item, ", "")
    }
    assert paths - {"osml/ingest/storing.py"} == {"osml/terminal.py"}
