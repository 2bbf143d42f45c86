"""Changes that touch only a few files: each is made in a temporary copy, and works there.

The number of files is that in docs/architecture.md.
"""

from __future__ import annotations

import ast
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from languages import filled, languages
from osml import commands
from osml.doctor import checks
from osml.place import CHECKOUT
from sandbox.engine import line

TABLE = (CHECKOUT / "docs" / "architecture.md").read_text().partition("## Where a change goes")[2]
ENVIRONMENT = """
recipe: {recipe}
search: {{kind: domain, data_nodes: {{instance_type: r7g.large.search, count: 1}}}}
embedding: {{provider: {embedding}, dimension: 384}}
"""
EMBEDDING = '''
"""Embeddings of Acme."""
from typing import Any, Literal

from settings.embedding import EmbeddingModel


class AcmeEmbedding(EmbeddingModel):
    made_by = "acme_embedding"
    texts_a_call = 8

    provider: Literal["acme"] = "acme"
    model: str = "acme-1"

    def arguments(self, environment: Any) -> dict[str, Any]:
        return {"model": self.model}
'''
ANSWER = '''
"""Answers of Acme."""
from typing import Any, Literal

from settings.chat_base import ChatModel


class AcmeAnswer(ChatModel):
    made_by = "acme_chat"

    provider: Literal["acme-chat"]
    model: str = "acme-2"

    @property
    def url(self) -> str:
        return f"https://{self.endpoint}/chat"

    @property
    def choices(self) -> dict[str, Any]:
        return {"temperature": self.temperature}

    def for_tools(self, max_tokens: int) -> dict[str, Any]:
        return {"temperature": self.temperature, "max_tokens": max_tokens}
'''


class Copy:
    """A copy of the settings; `wrote` are the files that a test has written into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wrote: list[str] = []
        shutil.copytree(CHECKOUT / "settings", folder / "settings", ignore=shutil.ignore_patterns("__pycache__"))

    def write(self, path: str, text: str) -> None:
        assert not (self.folder / path).exists()
        (self.folder / path).write_text(text)
        self.wrote.append(path)

    def loads(self, *environments: str) -> list[str]:
        """The `embedding` and `answer` of each environment, or the sentence that refuses it."""
        names = [f"other{number}" for number in range(len(environments))]
        for name, settings in zip(names, environments, strict=True):
            (self.folder / f"{name}.yaml").write_text(settings)
        program = (
            "import sys; from pathlib import Path; import settings; from settings import load, SettingError\n"
            "assert Path(settings.__file__).is_relative_to(Path.cwd()), settings.__file__\n"
            "for name in sys.argv[1:]:\n"
            "    try:\n        it = load(name, Path.cwd())\n        print(repr(it.embedding), repr(it.answer))\n"
            "    except SettingError as refused:\n        print(refused)\n"
        )
        command = [sys.executable, "-c", program, *names]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def counted(change: str) -> int:
    """The number of files in the table."""
    match = re.search(rf"^\| {re.escape(change)} \| (\d+) \|", TABLE, re.MULTILINE)
    assert match is not None, change
    return int(match[1])


def test_a_command_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "greet.py").write_text('def greet() -> None:\n    """Greet."""\n')
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    app = runpy.run_path(str(CHECKOUT / "osml" / "main.py"))["app"]
    del sys.modules["osml.commands.greet"]
    assert "greet" in {command.callback.__name__ for command in app.registered_commands}
    assert counted("command of `osml`") == 1


def test_a_check_of_the_doctor_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weather.py").write_text(
        "from osml.doctor.checks.check import Check\n\n"
        'CHECK = Check("weather", lambda context: "fine", after="stacks")\n'
    )
    before = [check.title for check in checks.CHECKS]
    monkeypatch.setattr(checks, "__path__", [*checks.__path__, str(tmp_path)])
    after = [check.title for check in checks.ordered(checks.declared())]
    del sys.modules["osml.doctor.checks.weather"]
    assert [title for title in after if title != "weather"] == before
    assert after.index("stacks") < after.index("weather") < after.index("role mapping")
    assert counted("check of `osml doctor`") == 1


def test_a_setting_of_the_assistant_is_three_files() -> None:
    """This is the number for a setting outside the groups that functions get as a whole."""
    files = [file for folder in ("settings", "stacks") for file in (CHECKOUT / folder).rglob("*.py")]
    declared = {str(file.relative_to(CHECKOUT)) for file in files if re.search(r"\btop_k(: int|=)", file.read_text())}
    assert declared == {"settings/assistant.py", "settings/runtime_settings.py", "stacks/assistant_settings.py"}
    assert counted("setting of the assistant") == len(declared)


def test_a_language_of_the_page_is_one_file(tmp_path: Path) -> None:
    web = shutil.copytree(CHECKOUT / "web", tmp_path / "web")
    english = (web / "languages" / "en.json").read_text()
    (web / "languages" / "pt.json").write_text(english.replace('"English"', '"Português"'))
    offered = languages(web / "languages")
    page = filled((web / "index.html").read_text(), offered, {})
    assert '"pt":{"name":"Português","direction":"ltr"' in page
    assert counted("language of the page") == 1


def test_an_engine_line_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = line.lines()
    lines = shutil.copytree(line.LINES, tmp_path / "lines")
    newest = there[-1].version
    (lines / "9.9.yaml").write_text((lines / "3.6.yaml").read_text().replace(newest, "9.9.0"))
    monkeypatch.setattr(line, "LINES", lines)
    engine_lines = line.lines.__wrapped__()
    assert [item.version for item in engine_lines] == [*(item.version for item in there), "9.9.0"]
    assert counted("engine line of the local cloud") == 1


@pytest.mark.thorough
def test_a_kind_is_one_file(tmp_path: Path) -> None:
    library = tmp_path / "mlcommons"
    shutil.copytree(CHECKOUT / "lambda" / "mlcommons", library, ignore=shutil.ignore_patterns("__pycache__"))
    group = (library / "kinds" / "model_group.py").read_text()
    (library / "kinds" / "agent.py").write_text(re.sub(r'name = "ModelGroup"', 'name = "Agent"', group))
    program = "from mlcommons import kind_named; print(type(kind_named('Custom::MlAgent')).__module__)"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "mlcommons.kinds.agent\n", done.stderr
    assert counted("kind") == 1


@pytest.mark.thorough
def test_a_recipe_is_one_file(copy: Copy) -> None:
    copy.write("settings/recipes/cheap.yaml", "answer: {provider: bedrock-converse, model: us.amazon.nova-lite-v1:0}\n")
    [cheap] = copy.loads(ENVIRONMENT.format(recipe="cheap", embedding="sagemaker"))
    assert "ConverseAnswer(" in cheap
    assert counted("recipe") == len(copy.wrote)


@pytest.mark.thorough
def test_the_settings_of_an_embedding_provider_are_one_file(copy: Copy) -> None:
    settings = ENVIRONMENT.format(recipe="semantic-search", embedding="acme")
    [unknown] = copy.loads(settings)
    assert "can be 'cohere', 'openai', 'sagemaker' or 'titan' only" in unknown
    copy.write("settings/embedding/acme.py", EMBEDDING)
    large, small = copy.loads(settings, f"{settings}index: {{batch_size: 8}}\n")
    assert "index.batch_size is 32, but Acme takes 8 texts per call at most" in large
    assert "AcmeEmbedding(" in small
    # The other file is in the construct library: tests/synth/test_change.py
    assert counted("embedding provider") == len(copy.wrote) + 1


def test_the_construct_library_exports_every_provider() -> None:
    """The only line that a provider needs in addition to its files; docs/architecture.md gives the reason."""
    library = CHECKOUT / "constructs" / "opensearch_ml"
    exports = (library / "__init__.py").read_text()
    providers = {
        file.stem
        for file in (library / "providers").glob("*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name == file.stem
    }
    assert {"titan_embedding", "deepseek_chat"} <= providers
    lines = [f"from opensearch_ml.providers.{name} import {name} as {name}\n" for name in sorted(providers)]
    assert [line for line in lines if line not in exports] == []


@pytest.mark.thorough
def test_the_settings_of_an_answer_provider_are_one_file_and_its_recipe_another(copy: Copy) -> None:
    copy.write("settings/answer/acme_chat.py", ANSWER)
    copy.write("settings/recipes/acme.yaml", "answer: {provider: acme-chat, endpoint: acme.example.com}\n")
    settings = ENVIRONMENT.format(recipe="acme", embedding="sagemaker")
    without, complete = copy.loads(settings, f"{settings}answer: {{secret: {{name: acme}}}}\n")
    assert "answer.secret is missing; add that group with name." in without
    assert "AcmeAnswer(" in complete
    assert counted("answer provider") == len(copy.wrote) - 1 + 1
