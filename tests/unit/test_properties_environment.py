"""Any content of an environment file gives an environment, or one sentence that names the file."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sandbox.instance import CHECKOUT
from settings import SettingError, load
from tests.unit.properties import examples, spoiled, values
from tests.unit.test_sentence import NOBODY

WHOLE = CHECKOUT / "tests" / "unit" / "files" / "whole"
FILES = sorted((CHECKOUT / "environments").glob("*.yaml"))
# A sentence quotes only the beginning of a value, so it never fills a screen.
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
        # Quoted parts may be anything: they come from the file.
        assert not NOBODY.search(re.sub(r"'[^']*'", "''", sentence)), sentence
        assert " is None" not in sentence, sentence


SETTINGS = {file: yaml.safe_load(file.read_text()) for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@examples(25)
@given(data=st.data())
def test_settings_are_right_or_named(file: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    settings = data.draw(spoiled(SETTINGS[file]) | values())
    directory = tmp_path_factory.getbasetemp()
    (directory / "drawn.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    ends_in_a_sentence(lambda: load("drawn", directory), f"{directory.name}/drawn.yaml")


WRITTEN = {file.stem: file.read_text() for file in (*FILES, *sorted(WHOLE.glob("*.yaml")))}
PIECES = (
    *(
        "",
        " ",
        "\t",
        "\n",
        "  ",
        "null",
        "~",
        "off",
        "on",
        "yes",
        ".inf",
        ".nan",
        "1:30",
        "010",
        "0x1F",
        "1_000",
        "1e400",
    ),
    *(
        "2026-01-31",
        "!!set",
        "!!binary",
        "!!int",
        "!x",
        "&a",
        "*a",
        "<<",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "[",
        "]",
        "{",
        "}",
    ),
    *(
        ",",
        ":",
        ": ",
        "- ",
        "? ",
        "#",
        " #",
        "'",
        '"',
        "|",
        ">",
        "@",
        "`",
        "\\",
        '"\\0"',
        '"\\uD800"',
        "٣",
        "\u2028",
        "\x85",
        "\ufeff",
    ),
    *("\x00", "\x1b", "ä", "[" * 100, "a: " * 50, "9" * 5000, "x" * 3000, "sk-0123456789abcdef0123456789abcdef"),
)


@st.composite
def mistyped(draw: st.DrawFn) -> str:
    """The text of a valid file after a few typing mistakes: characters, words, values and lines."""
    text = WRITTEN[draw(st.sampled_from(sorted(WRITTEN)))]
    for _ in range(draw(st.integers(1, 3))):
        lines = text.splitlines(keepends=True) or [""]
        row = draw(st.integers(0, len(lines) - 1))
        line, column = lines[row], draw(st.integers(0, max(0, len(lines[row]) - 1)))
        piece = draw(st.sampled_from(PIECES))
        match draw(
            st.sampled_from(("insert", "replace", "value", "empty", "comment", "leave out", "twice", "indent", "cut"))
        ):
            case "insert":
                lines[row] = line[:column] + piece + line[column:]
            case "replace":
                lines[row] = line[:column] + piece + line[column + draw(st.integers(1, 8)) :]
            case "value":
                lines[row] = f"{line.partition(':')[0]}: {piece}\n"
            case "empty":
                lines[row] = f"{line.partition(':')[0]}:\n"
            case "comment":
                lines[row] = f"{line[: len(line) - len(line.lstrip())]}# {line.lstrip()}"
            case "leave out":
                del lines[row]
            case "twice":
                lines.insert(draw(st.integers(0, len(lines))), line)
            case "indent":
                lines[row] = " " * draw(st.integers(0, 6)) + line.lstrip(" ")
            case "cut":
                lines[row] = line[:column]
        text = "".join(lines)
    return text


@examples(200)
@given(text=mistyped())
def test_a_slip_of_the_hand_is_named(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    directory = tmp_path_factory.getbasetemp()
    (directory / "drawn.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
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
    with pytest.raises(SettingError, match=r"existing environments|choose one"):
        load(name, tmp_path_factory.getbasetemp() / "none")
