"""`llm`, a chat interface for the terminal, which can use any server with OpenAI's API."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.target import Target

LLM = Path(sys.executable).with_name("llm")
# The file contains JSON, which is also YAML.
MODELS = "extra-openai-models.yaml"


@pytest.fixture
def shell(target: Target, tmp_path: Path) -> dict[str, str]:
    """Environment variables with a configuration folder that names the assistant as a model."""
    model = {
        "model_id": "handbook",
        "model_name": "osml",
        "api_base": f"{target.api}/v1",
        "headers": {"x-api-key": target.api_key},
    }
    (tmp_path / MODELS).write_text(json.dumps([model]))
    return {**os.environ, "LLM_USER_PATH": str(tmp_path), "OPENAI_API_KEY": "unused"}


def said(shell: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([str(LLM), *arguments], env=shell, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.mark.kind("domain")
def test_it_streams_an_answer_and_continues_the_conversation(shell: dict[str, str]) -> None:
    streamed = said(shell, "-m", "handbook", "How many people lived in the Miami metro area in 2023?")
    assert "6,265,000" in streamed
    assert "8,937,000" in said(shell, "-c", "And in Chicago?")
    turns = json.loads(said(shell, "logs", "--json", "-n", "2"))
    assert turns[0]["response"].strip() == streamed
    assert len({turn["conversation_id"] for turn in turns}) == 1


@pytest.mark.kind("domain")
def test_it_gets_the_same_answer_in_one_piece(shell: dict[str, str]) -> None:
    question = "How many people lived in the metro area of Seattle in 2023?"
    assert said(shell, "-m", "handbook", "--no-stream", question) == said(shell, "-m", "handbook", question)
