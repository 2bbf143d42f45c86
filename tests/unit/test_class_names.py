"""A public class has a unique name: outside the tests, no two modules define a class with the same name."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from osml.place import CHECKOUT
from tests.unit.syntax import syntax

FOLDERS = ("benchmarks", "constructs", "lambda", "osml", "sandbox", "settings", "stacks", "trials")
# The construct declares what the provisioner's kind of the same name makes: the same object, in template and engine.
DECLARED = {"AuditLog", "IngestPipeline", "RoleMapping", "SearchPipeline", "TrustedEndpoints"}


# A class, or a text that looks like one. Only files with a name that another file has too are parsed.
SIGN = re.compile(r"^[ \t]*class[ \t]+([A-Za-z]\w*)", re.MULTILINE)


def shared(files: list[Path]) -> dict[str, list[str]]:
    """The files in which each public class is defined, for the names that are defined more than once."""
    likely = {file: SIGN.findall(file.read_text()) for file in files}
    times = Counter(name for names in likely.values() for name in names)
    files_by_name: dict[str, list[str]] = {}
    for file in (file for file, names in likely.items() if any(times[name] > 1 for name in names)):
        for name in syntax(file).classes:
            if not name.startswith("_"):
                files_by_name.setdefault(name, []).append(file.as_posix())
    return {name: places for name, places in files_by_name.items() if len(places) > 1}


def test_each_name_of_a_class_is_one_thing() -> None:
    files = [file for folder in FOLDERS for file in (CHECKOUT / folder).rglob("*.py") if "tests" not in file.parts]
    names = shared(files)
    assert {name: places for name, places in names.items() if name not in DECLARED} == {}
    assert DECLARED - names.keys() == set(), "no longer shared: take them off the list"
    # Each of them is defined in exactly two places.
    assert {name: places for name, places in names.items() if len(places) > 2} == {}


def test_a_name_that_is_given_twice_is_seen(tmp_path: Path) -> None:
    files = [tmp_path / "a.py", tmp_path / "b.py"]
    files[0].write_text("class Index: ...\nclass _Own: ...\n")
    files[1].write_text("class Index: ...\nclass _Own: ...\n")
    assert list(shared(files)) == ["Index"]


def test_a_class_within_another_and_a_text_are_told_apart(tmp_path: Path) -> None:
    files = [tmp_path / "a.py", tmp_path / "b.py", tmp_path / "c.py"]
    files[0].write_text("class Outer:\n    class Index(Exception): ...\n")
    files[1].write_text("def f():\n\tclass Index: ...\n")
    files[2].write_text("TEXT = '''\nclass Index: ...\nclass Outer: ...\n'''\n")
    assert shared(files) == {"Index": [str(files[0]), str(files[1])]}
