"""The server itself: routes, health, faults, counts, and the command line."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.models.server import ModelServer
from tests.sandbox import model_endpoints
from tests.waiting import PATIENCE

server = model_endpoints.server

EMBEDDING = "/_aws/runtime.sagemaker.us-east-1.amazonaws.com/endpoints/e/invocations"
TITAN = "/_aws/bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v1/invoke"
OPENAI = "/_aws/api.openai.com/v1/embeddings"
CHAT = "/_aws/api.deepseek.com/v1/chat/completions"
ENDPOINT = json.dumps({"name": "e", "model": "sentence-transformers/all-MiniLM-L6-v2", "shape": "array"})
CALLS: dict[str, tuple[str, Any]] = {
    "sagemaker": (EMBEDDING, ["a", "b"]),
    "bedrock": (TITAN, {"inputText": "a"}),
    "deepseek": (CHAT, {"model": "deepseek-flash", "messages": [{"role": "user", "content": "a"}]}),
    "openai": (OPENAI, {"model": "text-embedding-3-small", "input": "a"}),
}


@pytest.fixture(autouse=True)
def no_faults(server: str) -> None:
    for provider in CALLS:
        assert requests.delete(f"{server}/_control/{provider}", timeout=60).status_code == 200


def call(server: str, provider: str) -> requests.Response:
    path, body = CALLS[provider]
    headers = {"x-sandbox-endpoint": ENDPOINT, "Authorization": "Bearer sk-a"}
    return requests.post(f"{server}{path}", json=body, headers=headers, timeout=60)


def set_faults(server: str, provider: str, **faults: Any) -> requests.Response:
    return requests.put(f"{server}/_control/{provider}", json=faults, timeout=60)


def counts(server: str, provider: str) -> Any:
    return requests.get(f"{server}/_control", timeout=60).json()[provider]


@pytest.mark.parametrize(
    ("provider", "sign"),
    [
        ("sagemaker", "ThrottlingException"),
        ("bedrock", "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/"),
        ("deepseek", None),
        ("openai", None),
    ],
)
def test_throttled_half_of_the_calls(server: str, provider: str, sign: str | None) -> None:
    set_faults(server, provider, throttle=0.5)
    answers = [call(server, provider) for _ in range(6)]
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 429, 429, 429]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers.get("x-amzn-ErrorType") == sign
    assert set(refused.json()) == ({"message"} if sign else {"error"})
    seen = counts(server, provider)
    assert (seen["calls"], seen["throttled"], seen["failed"], seen["rejected"]) == (6, 3, 0, 0)


@pytest.mark.parametrize(
    ("provider", "status", "sign"),
    [
        ("sagemaker", 500, "InternalFailure"),
        ("sagemaker", 424, "ModelError"),
        ("bedrock", 500, "InternalServerException"),
        ("bedrock", 503, "ServiceUnavailableException"),
        ("deepseek", 402, "unknown_error"),
        ("deepseek", 503, "server_error"),
        ("openai", 503, "server_error"),
    ],
)
def test_failing_calls(server: str, provider: str, status: int, sign: str) -> None:
    set_faults(server, provider, fail=1, fail_status=status)
    answer = call(server, provider)
    assert answer.status_code == status
    said = answer.headers.get("x-amzn-ErrorType") or answer.json()["error"]["type"]
    assert said.partition(":")[0] == sign
    assert counts(server, provider)["failed"] == 1


def test_faults_of_one_provider_leave_the_others_alone(server: str) -> None:
    set_faults(server, "bedrock", fail=1)
    assert call(server, "bedrock").status_code == 500
    assert call(server, "sagemaker").status_code == 200
    requests.delete(f"{server}/_control/bedrock", timeout=60)
    assert call(server, "bedrock").status_code == 200
    assert counts(server, "bedrock")["calls"] == 1


def test_delay(server: str) -> None:
    set_faults(server, "bedrock", delay_ms=150)
    began = time.monotonic()
    call(server, "bedrock")
    assert time.monotonic() - began >= 0.15


def test_pauses_within_a_stream(server: str) -> None:
    set_faults(server, "deepseek", pause_ms=100)
    path, body = CALLS["deepseek"]
    streamed_body, headers = {**body, "stream": True}, {"Authorization": "Bearer sk-a"}
    began = time.monotonic()
    with requests.post(f"{server}{path}", json=streamed_body, headers=headers, timeout=60, stream=True) as answer:
        pieces = [line for line in answer.iter_lines(1) if line]
    assert len(pieces) > 2
    assert time.monotonic() - began >= 0.1 * (len(pieces) - 2)


@pytest.mark.parametrize(("error", "printed"), [(BrokenPipeError(), False), (ValueError("a mistake"), True)])
def test_errors_are_printed_except_for_disconnected_callers(
    capsys: pytest.CaptureFixture[str], error: Exception, printed: bool
) -> None:
    with ModelServer(0, {}) as server:
        try:
            raise error
        except type(error):
            server.handle_error(None, ("127.0.0.1", 1))
    assert (type(error).__name__ in capsys.readouterr().err) is printed


def test_counts_by_path_with_batches(server: str) -> None:
    call(server, "sagemaker")
    call(server, "sagemaker")
    requests.post(f"{server}{EMBEDDING}", json={}, headers={"x-sandbox-endpoint": ENDPOINT}, timeout=60)
    seen = counts(server, "sagemaker")["paths"]["/endpoints/e/invocations"]
    assert seen == {"calls": 3, "throttled": 0, "failed": 0, "rejected": 1, "batches": [2, 2]}


@pytest.mark.parametrize(
    "faults",
    [{"delay": 1}, {"throttle": 1.5}, {"fail": "1"}, {"fail_status": 200}, {"delay_ms": -1}, {"fail": True}],
)
def test_wrong_faults_are_refused(server: str, faults: dict[str, Any]) -> None:
    answer = set_faults(server, "bedrock", **faults)
    assert answer.status_code == 400
    assert answer.json()["message"].endswith(".")
    assert call(server, "bedrock").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_aws/s3.amazonaws.com/bucket"),
        ("POST", "/_aws/api.deepseek.com.evil.test/v1/chat/completions"),
        ("POST", "/v1/chat/completions"),
        ("PUT", "/_control/cohere"),
        ("DELETE", "/_control"),
        ("GET", "/"),
    ],
)
def test_nothing_there(server: str, method: str, path: str) -> None:
    assert requests.request(method, f"{server}{path}", data=b"{}", timeout=60).status_code == 404


def test_connection_is_kept_and_bad_bodies_end_it(server: str) -> None:
    connection = http.client.HTTPConnection(server.removeprefix("http://"), timeout=60)
    connection.request("GET", "/_health")
    assert connection.getresponse().read() == b'{"status":"ok"}'
    first = connection.sock
    connection.request("POST", TITAN, json.dumps({"inputText": "a"}))
    assert connection.getresponse().read().startswith(b'{"embedding"')
    assert connection.sock is first
    connection.request("POST", TITAN, iter([b"{}"]), {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Connection")) == (411, "close")
    connection.close()


def test_command_line(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-a")
    command = [sys.executable, "-m", "sandbox.models", "--port", "0", "--deepseek-key-file", str(key)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("models on ").strip()
        assert requests.get(f"{url}/_health", timeout=60).status_code == 200
        assert call(url, "deepseek").status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--weights", "/nowhere"], "holds no all-minilm-l6-v2.onnx"),
        (["--answer-url", "http://127.0.0.1:9"], "go together"),
    ],
)
def test_command_line_refuses_in_a_sentence(more: list[str], said: str) -> None:
    command = [sys.executable, "-m", "sandbox.models", "--port", "0", "--deepseek-key-file", "key", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
