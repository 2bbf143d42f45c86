"""The folder of an assembled engine is kept when only comments change, and another one is made for other content."""

from pathlib import Path

import pytest

from sandbox.engine.line import LINES, read
from sandbox.engine.statements import statements

MODULE = '"""Doc."""\n\ndef f(a):\n    """Doc."""\n    # Why.\n    return [a, 1]\n\nclass A:\n    """Doc."""\n'


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Doc.", "Another docstring."),
        ("# Why.", "# Another comment."),
        ("    # Why.\n", ""),
        ("\n\n", "\n\n\n"),
        ("[a, 1]", "[\n        a,\n        1,\n    ]"),
        ('"""Doc."""\n\ndef', "def"),
    ],
)
def test_comments_docstrings_and_layout_are_no_statements(text: str, other: str) -> None:
    assert text in MODULE
    assert statements(MODULE.replace(text, other)) == statements(MODULE)


@pytest.mark.parametrize(("text", "other"), [("1", "2"), ("return ", ""), ("(a)", "(a=0)"), ("class A", "class B")])
def test_each_other_change_is_seen(text: str, other: str) -> None:
    assert text in MODULE
    assert statements(MODULE.replace(text, other)) != statements(MODULE)


def test_a_comment_in_the_file_of_a_line_leaves_its_digest(tmp_path: Path) -> None:
    file = next(iter(sorted(LINES.glob("*.yaml"))))
    commented, changed = tmp_path / "commented.yaml", tmp_path / "changed.yaml"
    commented.write_text(f"# Another comment.\n{file.read_text()}")
    version = read(file).version
    changed.write_text(file.read_text().replace(version, f"{version}9"))
    assert read(commented).digest == read(file).digest
    assert read(changed).digest != read(file).digest
