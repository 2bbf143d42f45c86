"""SageMaker runtime: shapes of the containers, and their refusals as ModelError."""

import json
from typing import Any

import pytest
import requests

from tests.sandbox import model_endpoints

server = model_endpoints.server

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
R1 = "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"
PROMPT = "Be kind.\\nSEARCH RESULT 1: The shop opens at nine.\\nQUESTION: When does the shop open?\\n"


def invoke(server: str, body: Any, **endpoint: Any) -> requests.Response:
    url = f"{server}/_aws/runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/e/invocations"
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"x-sandbox-endpoint": json.dumps({"name": "e", **endpoint})} if endpoint else {}
    return requests.post(url, data=data, headers={"Content-Type": "application/json", **headers}, timeout=60)


def test_array_in_vectors_out(server: str) -> None:
    answer = invoke(server, ["hello world", "how are you"], model=MINILM, shape="array")
    assert answer.status_code == 200
    assert [len(row) for row in answer.json()] == [384, 384]
    assert answer.json()[0][:2] == pytest.approx([-0.034477264, 0.031023195], abs=1e-4)


def test_inputs_in_vectors_out(server: str) -> None:
    alone = invoke(server, {"inputs": "hello world"}, model=MINILM, shape="inputs").json()
    many = invoke(server, {"inputs": ["hello world", "bye"], "normalize": True}, model=MINILM, shape="inputs").json()
    short = invoke(server, {"inputs": ["hello world"], "dimensions": 64}, model=MINILM, shape="inputs").json()
    assert alone[0] == pytest.approx(many[0], abs=1e-6)
    assert len(short[0]) == 64


@pytest.mark.parametrize(
    ("shape", "body", "status"),
    [
        ("array", {"inputs": ["a"]}, 400),
        ("array", [], 400),
        ("array", ["a", 1], 400),
        ("array", "a", 400),
        ("array", b'["a"', 400),
        ("array", b"", 400),
        ("array", b'["\xff"]', 400),
        ("inputs", ["a"], 422),
        ("inputs", {"input": "a"}, 422),
        ("inputs", {"inputs": "a", "texts": []}, 422),
        ("inputs", {"inputs": 1}, 422),
        ("inputs", {"inputs": "a", "normalize": 1}, 422),
        ("inputs", {"inputs": []}, 400),
        ("inputs", {"inputs": ["a"] * 33}, 413),
        ("inputs", {"inputs": "a", "dimensions": 385}, 413),
        ("unheard-of", ["a"], 500),
    ],
)
def test_refusal_of_the_embedding_container(server: str, shape: str, body: Any, status: int) -> None:
    answer = invoke(server, body, model=MINILM, shape=shape)
    assert answer.status_code == 424
    assert answer.headers["x-amzn-ErrorType"] == "ModelError"
    said = answer.json()
    assert said["OriginalStatusCode"] == status
    assert said["ErrorCode"] == ("CLIENT_ERROR_FROM_MODEL" if status < 500 else "SERVER_ERROR_FROM_MODEL")
    assert len(json.loads(said["OriginalMessage"])["error"]) > 20
    assert said["OriginalMessage"] in said["Message"]
    assert "eu-west-1" in said["LogStreamArn"]


def test_batch_limit_follows_the_endpoint(server: str) -> None:
    answer = invoke(server, {"inputs": ["a"] * 33}, model=MINILM, shape="inputs", max_client_batch_size=64)
    assert len(answer.json()) == 33


def test_without_endpoint_there_is_none(server: str) -> None:
    answer = invoke(server, ["a"])
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "ValidationError")


def test_r1_thinks_then_answers(server: str) -> None:
    body = {"inputs": PROMPT, "parameters": {"return_full_text": False, "do_sample": True, "top_p": 0.9}}
    text = invoke(server, body, model=R1).json()[0]["generated_text"]
    thought, _, answer = text.partition("</think>")
    assert thought.startswith("<think>")
    assert "The shop opens at nine. [1]" in answer


def test_r1_echoes_the_prompt_by_default(server: str) -> None:
    assert invoke(server, {"inputs": PROMPT}, model=R1).json()[0]["generated_text"].startswith(PROMPT)
    assert invoke(server, {"inputs": PROMPT}, model=R1, shape="lmi").json()["generated_text"].startswith(PROMPT)


def test_r1_stops_at_the_limit(server: str) -> None:
    body = {"inputs": PROMPT, "parameters": {"return_full_text": False, "max_new_tokens": 3}}
    assert invoke(server, body, model=R1).json() == [{"generated_text": "<think>"}]
    stopped = {"inputs": PROMPT, "parameters": {"return_full_text": False, "stop": ["</think>"]}}
    assert "shop" not in invoke(server, stopped, model=R1).json()[0]["generated_text"]


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": ["hello"]},
        {"inputs": ""},
        {"prompt": "hello"},
        {"inputs": "hello", "parameters": []},
        {"inputs": "hello", "parameters": {"temperature": 0}},
        {"inputs": "hello", "parameters": {"temperature": "0.7"}},
        {"inputs": "hello", "parameters": {"top_p": 1.0}},
        {"inputs": "hello", "parameters": {"do_sample": "true"}},
        {"inputs": "hello", "parameters": {"max_tokens": 5}},
        {"inputs": "hello", "parameters": {"max_new_tokens": True}},
    ],
)
def test_refusal_of_the_answer_container(server: str, body: Any) -> None:
    answer = invoke(server, body, model=R1)
    assert (answer.status_code, answer.json()["OriginalStatusCode"]) == (424, 422)


def test_other_paths_are_unknown_operations(server: str) -> None:
    url = f"{server}/_aws/runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/e"
    answer = requests.post(url, data=b"{}", timeout=60)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (404, "UnknownOperationException")
