"""`osml init --app`, then `osml up`: an app of one's own on the local cloud, with a real engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.e2e.conftest import OSML, CommandLine, operator_client, outputs_of

STACK = "own-search"
TEXT = "The lighthouse keeper paints the tower every ninth year."
QUESTION = "How often is the tower painted?"


@pytest.fixture(scope="module")
def app(osml: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the app; its stack is removed at the end."""
    folder = tmp_path_factory.mktemp("own") / "app"
    osml("init", "own", "--app", str(folder), "--search", "domain", "--embedding", "titan", "--answer", "deepseek")
    yield folder
    client = boto3.client("cloudformation")
    client.delete_stack(StackName=STACK)
    client.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    boto3.client("secretsmanager").delete_secret(SecretId="osml/own/deepseek", ForceDeleteWithoutRecovery=True)


@pytest.fixture(scope="module")
def outputs(app: Path, osml: CommandLine) -> dict[str, str]:
    # The app runs with the python3 of the PATH, which has the construct library.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [str(OSML), "up"],
        cwd=app,
        env={**osml.environment, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return outputs_of(STACK)


def test_its_operator_loads_a_document_and_gets_an_answer_from_it(outputs: dict[str, str]) -> None:
    client, index = operator_client(outputs), outputs["IndexName"]
    loaded = client.bulk(body=[{"index": {"_index": index, "_id": "1"}}, {"text": TEXT}])
    assert not loaded["errors"], loaded
    client.indices.refresh(index=index)
    question: dict[str, Any] = {
        "query": {"neural": {"embedding": {"query_text": QUESTION, "k": 3}}},
        "ext": {"generative_qa_parameters": {"llm_question": QUESTION, "llm_model": "deepseek-flash"}},
    }
    answer = client.search(index=index, body=question, params={"search_pipeline": outputs["SearchPipelineName"]})
    assert [hit["_source"]["text"] for hit in answer["hits"]["hits"]] == [TEXT]
    assert "ninth year" in answer["ext"]["retrieval_augmented_generation"]["answer"]
