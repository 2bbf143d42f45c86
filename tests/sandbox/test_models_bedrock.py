"""Bedrock runtime: Titan, DeepSeek-R1 managed and imported, Converse, and ValidationException."""

import json
from typing import Any

import numpy as np
import pytest
import requests

from tests.sandbox import model_endpoints
from tests.sandbox.model_endpoints import assert_invalid
from tests.sandbox.model_endpoints import bedrock as invoke

server = model_endpoints.server

V1, V2, R1 = "amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0", "us.deepseek.r1-v1:0"
IMPORTED = "arn:aws:bedrock:us-east-1:000000000000:imported-model/abc123def456"
PROMPT = "SEARCH RESULT 1: The shop opens at nine.\\nQUESTION: When does the shop open?\\n"
TEMPLATE = f"<｜begin▁of▁sentence｜><｜User｜>{PROMPT}<｜Assistant｜>"
QUOTED = "The shop opens at nine. [1]"
USER = {"role": "user", "content": [{"text": PROMPT}]}


def vector(server: str, model: str, body: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array(invoke(server, model, body).json()["embedding"])


@pytest.mark.parametrize(
    ("model", "more", "width"),
    [
        (V1, {}, 1536),
        (V2, {}, 1024),
        (V2, {"dimensions": 512}, 512),
        (V2, {"dimensions": 256, "normalize": True}, 256),
        (f"arn:aws:bedrock:us-east-1::foundation-model/{V2}", {}, 1024),
    ],
)
def test_titan_width_and_length(server: str, model: str, more: dict[str, Any], width: int) -> None:
    answer = invoke(server, model, {"inputText": "hello world", **more}).json()
    assert len(answer["embedding"]) == width
    assert np.linalg.norm(answer["embedding"]) == pytest.approx(1, abs=1e-5)
    assert answer["inputTextTokenCount"] == 2
    assert ("embeddingsByType" in answer) == (V2 in model)


def test_titan_without_normalization(server: str) -> None:
    assert np.linalg.norm(vector(server, V2, {"inputText": "hello", "normalize": False})) > 1.5


def test_titan_keeps_the_order_of_meaning(server: str) -> None:
    texts = ("How many people live in Miami?", "The population of Miami", "Recipes for apple pie")
    for more in ({}, {"dimensions": 256}):
        first, near, far = (vector(server, V2, {"inputText": text, **more}) for text in texts)
        assert first @ near > first @ far + 0.2


@pytest.mark.parametrize(
    ("model", "body", "said"),
    [
        (V1, {}, "required key [inputText] not found"),
        (V1, {"inputText": "a", "dimensions": 256}, "extraneous key [dimensions] is not permitted"),
        (V1, {"inputText": ["a"]}, "#/inputText: expected type: String, found: JSONArray"),
        (V1, {"inputText": ""}, "expected minLength: 1, actual: 0"),
        (V1, {"inputText": "a" * 50_001}, "expected maxLength: 50000"),
        (V2, {"inputText": "a " * 9000}, "Too many input tokens"),
        (V2, {"inputText": "a", "dimensions": 300}, "300 is not a valid enum value"),
        (V2, {"inputText": "a", "dimensions": 1536}, "1536 is not a valid enum value"),
        (V2, {"inputText": "a", "normalize": "true"}, "#/normalize: expected type: Boolean, found: String"),
        (R1, {"prompt": "a", "max_gen_len": 5}, "extraneous key [max_gen_len] is not permitted"),
        (R1, {"prompt": "a", "max_tokens": "5"}, "#/max_tokens: expected type: Integer, found: String"),
        (R1, {"prompt": "a", "max_tokens": 0}, "#/max_tokens: 0"),
        (R1, {"prompt": "a", "temperature": 2}, "#/temperature: 2"),
        (R1, {"prompt": "a", "stop": "x"}, "#/stop: expected type: JSONArray, found: String"),
        (R1, {"inputs": "a"}, "required key [prompt] not found"),
        (IMPORTED, {"prompt": "a", "max_tokens": 5}, "extraneous key [max_tokens] is not permitted"),
        (IMPORTED, {"prompt": 1}, "#/prompt: expected type: String, found: Integer"),
        (R1, b'{"prompt": "a\nb"}', "Malformed input request, please reformat"),
        (R1, [], "#: expected type: JSONObject, found: JSONArray"),
        ("amazon.titan-embed-text-v9", {"inputText": "a"}, "The provided model identifier is invalid."),
        ("deepseek.r1-v1:0", {"prompt": "a"}, "inference profile"),
    ],
)
def test_validation(server: str, model: str, body: Any, said: str) -> None:
    assert_invalid(invoke(server, model, body), said)


@pytest.mark.parametrize(
    "model",
    ["anthropic.claude-3-haiku-20240307-v1:0", "us.anthropic.claude-sonnet-4-20250514-v1:0"],
)
@pytest.mark.parametrize("action", ["invoke", "converse", "converse-stream"])
def test_a_model_that_has_ended_is_not_found(server: str, model: str, action: str) -> None:
    answer = invoke(server, model, {"messages": [USER]}, action)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"].partition(":")[0]) == (
        404,
        "ResourceNotFoundException",
    )
    assert answer.json()["message"].startswith("This model version has reached the end of its life.")


@pytest.mark.parametrize(
    ("model", "status"),
    [
        ("amazon.nova-lite-v1:0", 200),
        ("us.amazon.nova-lite-v1:0", 200),
        ("global.anthropic.claude-sonnet-4-6", 200),
        ("arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.anthropic.claude-sonnet-4-6", 200),
        ("anthropic.claude-sonnet-4-6", 400),
        ("us.amazon.nova-huge-v1:0", 400),
    ],
)
def test_only_models_that_exist_converse(server: str, model: str, status: int) -> None:
    assert invoke(server, model, {"messages": [USER]}, "converse").status_code == status


def test_managed_r1(server: str) -> None:
    body = {"prompt": TEMPLATE, "temperature": 0.5, "top_p": 0.9, "max_tokens": 512, "stop": ["<never>"]}
    choice = invoke(server, R1, body).json()["choices"][0]
    assert choice["stop_reason"] == "stop"
    assert choice["text"].startswith("<think>")
    assert QUOTED in choice["text"].partition("</think>")[2]
    opened = invoke(server, R1, {"prompt": f"{TEMPLATE}<think>\n"}).json()["choices"][0]["text"]
    assert "<think>" not in opened
    assert QUOTED in opened.partition("</think>")[2]
    assert invoke(server, R1, {"prompt": TEMPLATE, "max_tokens": 4}).json()["choices"][0]["stop_reason"] == "length"


def test_profile_by_arn(server: str) -> None:
    arn = f"arn:aws:bedrock:us-east-1:000000000000:inference-profile/{R1}"
    assert QUOTED in invoke(server, arn, {"prompt": TEMPLATE}).json()["choices"][0]["text"]


def test_imported_r1(server: str) -> None:
    answer = invoke(server, IMPORTED, {"prompt": TEMPLATE, "temperature": 0, "max_gen_len": 4000}).json()
    assert QUOTED in answer["generation"].partition("</think>")[2]
    assert (answer["stop_reason"], answer["generation_token_count"] > 10) == ("stop", True)


def test_arn_with_a_plain_slash(server: str) -> None:
    url = f"{server}/_aws/bedrock-runtime.us-east-1.amazonaws.com/model/{IMPORTED}/invoke"
    assert "generation" in requests.post(url, json={"prompt": TEMPLATE}, timeout=60).json()


def test_converse(server: str) -> None:
    body = {"messages": [USER], "system": [{"text": "Be kind."}], "inferenceConfig": {"maxTokens": 500}}
    answer = invoke(server, R1, body, "converse").json()
    content = answer["output"]["message"]["content"]
    assert content[0]["text"].startswith(QUOTED)
    assert "think>" not in json.dumps(content)
    assert "document" in content[1]["reasoningContent"]["reasoningText"]["text"]
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["totalTokens"] == answer["usage"]["inputTokens"] + answer["usage"]["outputTokens"]
    body["inferenceConfig"] = {"maxTokens": 2}
    assert invoke(server, R1, body, "converse").json()["stopReason"] == "max_tokens"


@pytest.mark.parametrize(
    ("model", "body", "said"),
    [
        (R1, {}, "messages field is empty"),
        (R1, {"messages": []}, "messages field is empty"),
        (R1, {"messages": [{"role": "system", "content": [{"text": "a"}]}]}, "enum value set: [user, assistant]"),
        (R1, {"messages": [{"role": "assistant", "content": [{"text": "a"}]}]}, "start with a user message"),
        (R1, {"messages": [{"role": "user", "content": "a"}]}, "not a list of ContentBlock"),
        (R1, {"messages": [{"role": "user", "content": [{"text": " "}]}]}, "is blank"),
        (R1, {"messages": [{"role": "user", "content": [{"image": {}}]}]}, "doesn't support the image field"),
        (R1, {"messages": [USER], "max_tokens": 5}, "max_tokens"),
        (R1, {"messages": [USER], "inferenceConfig": {"max_tokens": 5}}, "inferenceConfig"),
        (R1, {"messages": [USER], "inferenceConfig": {"temperature": "0"}}, "temperature"),
        (V2, {"messages": [USER]}, "doesn't support the model"),
        ("cohere.embed-english-v3", {"messages": [USER]}, "doesn't support the model"),
        ("nobody.model", {"messages": [USER]}, "model identifier is invalid"),
    ],
)
def test_converse_validation(server: str, model: str, body: Any, said: str) -> None:
    assert_invalid(invoke(server, model, body, "converse"), said)
