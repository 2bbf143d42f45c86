"""The files that comments and docstrings of the code name exist, under their present names."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from osml.place import CHECKOUT

CODE = ("benchmarks", "constructs", "lambda", "osml", "sandbox", "settings", "stacks", "trials")
# `NAME.py` and `X/NAME.md` stand for many files.
FILE = re.compile(r"(?<![\w./-])(?:[a-z_]+/)*[a-z_]\w*\.py\b|(?<![\w./-])docs/(?:[a-z-]+/)*[a-z0-9-]+")


def named(source: str) -> Iterator[str]:
    """The files that the comments and docstrings of a module name."""
    # Only modules that name one somewhere are read closely.
    if FILE.search(source):
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and token.string.startswith('"""')):
                yield from FILE.findall(token.string)


def exists(name: str, paths: set[str]) -> bool:
    """Whether a path ends with the name; a page of the documents may be named without its ending."""
    if name.startswith("docs/"):
        return any(CHECKOUT.glob(f"{name}*"))
    return any(path.endswith(f"/{name}") for path in paths)


def test_a_file_that_a_comment_names_exists() -> None:
    files = [CHECKOUT / "app.py", *(file for folder in CODE for file in (CHECKOUT / folder).rglob("*.py"))]
    tests = [file for file in (CHECKOUT / "tests").rglob("*.py") if "node_modules" not in file.parts]
    paths = {f"/{file.relative_to(CHECKOUT)}" for file in [*files, *tests]}
    mentions = [(file, name) for file in files for name in named(file.read_text())]
    assert len(mentions) > 20
    assert [f"{file.relative_to(CHECKOUT)}: {name}" for file, name in mentions if not exists(name, paths)] == []


def test_names_are_read_from_comments_and_docstrings_alone() -> None:
    source = '"""See load.py and docs/no-such-page."""\nFILES = {"bare.py": 1}  # as in corpus/pace.py\n'
    assert list(named(source)) == ["load.py", "docs/no-such-page", "corpus/pace.py"]
    assert not exists("docs/no-such-page", set())
    assert not exists("ad.py", {"/lambda/corpus/load.py"})
