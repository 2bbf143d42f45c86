"""The imports of a cold start: each function runs in a process of its own, with only the folders of its asset."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Powertools imports only the package botocore, to which it gives its name.
AWS = ("boto3", "botocore.")
# Libraries that do more than the functions need, and take long to import.
LARGE = (*AWS, "requests", "mcp", "asyncio", "aws_lambda_powertools.event_handler")
# Modules that a function imports for some requests only.
RARE = (
    *("rag.agentic", "rag.answer_cache", "rag.preview", "rag.quota", "rag.prompt_versions", "rag.storing"),
    *(
        "rag.jobs",
        "rag.files",
        "rag.originals",
        "corpus.source",
        "corpus.separate_process",
        "corpus.formats.pdf",
        "aws.textract",
    ),
    *("rag.feedback.", "rag.embedding.", "rag.answer_model.", "rag.search.domain", "rag.search.collection"),
    *("rag.conversations.table", "rag.conversations.index", "rag.conversations.memory", "settings.environment"),
)
DOCUMENTS = ("stored_documents", "conversations", "feedback", "prompts", "shares", "worker", "openapi", "other_routes")
LATER = {
    ("ask", "runtime, ask"): (*LARGE, *RARE, "completions"),
    ("documents", "api"): (*LARGE, *RARE, *DOCUMENTS, "rag.parts", "rag.documents", "rag.history", "rag.rating"),
    ("documents", "stored_documents"): (*LARGE, *RARE, "corpus.chunks"),
    ("tools", "tools"): (*LARGE, *RARE, "rag.answering", "rag.documents"),
    ("authorize", "authorize"): (*AWS, "requests", "pydantic", "aws_lambda_powertools", "asyncio"),
    ("session", "session"): (*AWS, "requests", "urllib3", "pydantic", "aws_lambda_powertools", "asyncio"),
}


def run(function: str, code: str) -> str:
    paths = (ROOT / "lambda" / function, ROOT / "lambda", ROOT)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, paths))}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=paths[0], check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def is_one_of(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(name if name.endswith(".") else f"{name}.") for name in names)


@pytest.mark.parametrize(("function", "modules"), LATER)
@pytest.mark.thorough
def test_a_start_imports_nothing_that_only_some_requests_need(function: str, modules: str) -> None:
    imported = run(function, f"import sys, {modules}; print(*sys.modules)").split()
    assert [name for name in imported if is_one_of(name, LATER[function, modules])] == []


@pytest.mark.parametrize(("function", "modules"), [("ask", "runtime, ask"), ("documents", "api")])
@pytest.mark.thorough
def test_a_start_builds_no_validator(function: str, modules: str) -> None:
    """Pydantic builds the validator of a nested model again, so one that is built early is built twice."""
    code = (
        f"import {modules}\nfrom pydantic import BaseModel\n"
        "def below(model):\n"
        "    for each in model.__subclasses__():\n        yield each\n        yield from below(each)\n"
        "own = [model for model in below(BaseModel) if model.__module__.startswith(('rag', 'settings', 'gateway'))]\n"
        "assert len(own) > 20\n"
        "print(*{model.__name__ for model in own if model.__pydantic_complete__})"
    )
    assert run(function, code) == ""


@pytest.mark.parametrize(
    ("function", "start"), [("ask", "runtime"), ("documents", "documents_start"), ("tools", "tools_start")]
)
@pytest.mark.thorough
def test_a_start_looks_for_no_plugins_of_pydantic(function: str, start: str) -> None:
    """The search for plugins reads the metadata of all packages."""
    code = (
        "from importlib import metadata\n"
        "looked = []\n"
        "metadata.entry_points = lambda **group: looked.append(group) or ()\n"
        f"import {start}\nfrom pydantic import TypeAdapter\n"
        "TypeAdapter(int)\n"
        "print(looked)"
    )
    assert run(function, code) == "[]"
