"""Streamed answers of the model endpoints, read as AWS's own client reads them."""

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.models.generation import pieces
from tests.sandbox import model_endpoints

server = model_endpoints.server

R1 = "us.deepseek.r1-v1:0"
IMPORTED = "arn:aws:bedrock:us-east-1:000000000000:imported-model/abc123def456"
ASKED = "SEARCH RESULT 1: The shop opens at nine.\nQUESTION: When does the shop open?\n"
TEMPLATE = f"<｜User｜>{ASKED}<｜Assistant｜><think>\n"
QUOTED = "The shop opens at nine. [1]"


def client(server: str, service: str, host: str) -> Any:
    session = boto3.Session("test", "test", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1})
    url = f"{server}/_aws/{host}.us-east-1.amazonaws.com"
    return session.client(service, endpoint_url=url, config=config)  # type: ignore[call-overload]


@pytest.fixture
def bedrock(server: str) -> Any:
    return client(server, "bedrock-runtime", "bedrock-runtime")


def sagemaker(server: str, shape: str | None = None) -> Any:
    made = client(server, "sagemaker-runtime", "runtime.sagemaker")
    endpoint = {"name": "r1", "model": "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "shape": shape}

    def hold(request: Any, **_: Any) -> None:
        request.headers["x-sandbox-endpoint"] = json.dumps(endpoint)

    made.meta.events.register("before-sign.sagemaker-runtime.*", hold)
    return made


def stream_of(made: Any, **more: Any) -> bytes:
    body = {"inputs": TEMPLATE, "parameters": {"max_new_tokens": 400}, "stream": True, **more}
    answer = made.invoke_endpoint_with_response_stream(EndpointName="r1", Body=json.dumps(body))
    return b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"])


def test_text_generation_inference_sends_an_event_for_each_token(server: str) -> None:
    events = [json.loads(line.removeprefix(b"data:")) for line in stream_of(sagemaker(server)).split(b"\n\n") if line]
    text = "".join(event["token"]["text"] for event in events if not event["token"]["special"])
    assert events[-1]["generated_text"] == text
    assert [event["generated_text"] for event in events[:-1]] == [None] * (len(events) - 1)
    assert text.partition("</think>")[2].strip().startswith(QUOTED)
    assert len(events) > 3


def test_large_model_inference_sends_a_line_for_each_token(server: str) -> None:
    lines = [json.loads(line) for line in stream_of(sagemaker(server, "lmi")).splitlines()]
    assert lines[-1]["generated_text"] == "".join(line["token"]["text"] for line in lines)
    assert QUOTED in lines[-1]["generated_text"]


def test_parts_end_within_lines(server: str) -> None:
    answer = sagemaker(server).invoke_endpoint_with_response_stream(
        EndpointName="r1", Body=json.dumps({"inputs": TEMPLATE, "stream": True})
    )
    parts = [event["PayloadPart"]["Bytes"] for event in answer["Body"]]
    assert any(not part.endswith(b"\n") for part in parts)


def test_an_endpoint_not_asked_to_stream_answers_whole_in_parts(server: str) -> None:
    assert QUOTED in json.loads(stream_of(sagemaker(server), stream=False))[0]["generated_text"]


def test_a_container_refuses_before_the_stream_begins(server: str) -> None:
    with pytest.raises(ClientError, match="stream: invalid type"):
        stream_of(sagemaker(server), stream="yes")


@pytest.mark.parametrize(
    ("model", "limit", "text_of"),
    [
        (R1, "max_tokens", lambda chunk: chunk["choices"][0]["text"]),
        (IMPORTED, "max_gen_len", lambda chunk: chunk["generation"]),
    ],
)
def test_bedrock_streams_chunks(bedrock: Any, model: str, limit: str, text_of: Any) -> None:
    body = json.dumps({"prompt": TEMPLATE, limit: 400})
    whole = json.loads(bedrock.invoke_model(modelId=model, body=body)["body"].read())
    events = list(bedrock.invoke_model_with_response_stream(modelId=model, body=body)["body"])
    chunks = [json.loads(event["chunk"]["bytes"]) for event in events]
    assert "".join(map(text_of, chunks)) == text_of(whole)
    assert len(chunks) > 3


def test_converse_streams_thoughts_before_the_text(bedrock: Any) -> None:
    request = {"modelId": R1, "messages": [{"role": "user", "content": [{"text": ASKED}]}]}
    [spoken, thought] = bedrock.converse(**request)["output"]["message"]["content"]
    events = list(bedrock.converse_stream(**request)["stream"])
    deltas = [event["contentBlockDelta"] for event in events if "contentBlockDelta" in event]
    thoughts = "".join(
        delta["delta"]["reasoningContent"]["text"] for delta in deltas if delta["contentBlockIndex"] == 0
    )
    assert thoughts == thought["reasoningContent"]["reasoningText"]["text"]
    assert "".join(delta["delta"]["text"] for delta in deltas if delta["contentBlockIndex"] == 1) == spoken["text"]
    assert spoken["text"].startswith(QUOTED)
    names = [next(iter(event)) for event in events]
    assert (names[0], names[-2:]) == ("messageStart", ["messageStop", "metadata"])


def test_an_embedding_model_does_not_stream(bedrock: Any) -> None:
    with pytest.raises(ClientError, match="unsupported for streaming"):
        bedrock.invoke_model_with_response_stream(
            modelId="amazon.titan-embed-text-v2:0", body=json.dumps({"inputText": "a"})
        )


def test_an_unknown_model_is_refused_before_the_stream_begins(bedrock: Any) -> None:
    with pytest.raises(ClientError, match="identifier is invalid"):
        bedrock.converse_stream(modelId="nobody.model", messages=[{"role": "user", "content": [{"text": "a"}]}])


@pytest.mark.parametrize("text", ["", " ", "one", " two  words \n", "a\n\nb " * 30])
def test_pieces_lose_nothing(text: str) -> None:
    assert "".join(pieces(text)) == text
