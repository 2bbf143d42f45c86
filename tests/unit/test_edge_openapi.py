"""The OpenAPI document: current, complete, and valid."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import openapi
from api import routes

STORED = Path(__file__).parents[2] / "docs" / "openapi.json"
# The deployed REST API; `{file+}` is `{file}` here.
ROUTES = {
    ("post", "/v1/chat/completions"),
    ("get", "/v1/models"),
    ("post", "/ask"),
    ("post", "/documents"),
    ("get", "/documents"),
    ("delete", "/documents"),
    ("delete", "/documents/{id}"),
    ("get", "/passages"),
    ("get", "/originals"),
    ("get", "/jobs/{id}"),
    ("get", "/me"),
    ("get", "/feedback"),
    ("get", "/prompts"),
    ("post", "/prompts"),
    ("put", "/feedback/{id}"),
    ("delete", "/feedback/{id}"),
    ("get", "/prompts"),
    ("post", "/prompts"),
    ("get", "/shares"),
    ("post", "/shares"),
    ("get", "/shares/{id}"),
    ("delete", "/shares/{id}"),
    ("get", "/conversations"),
    ("get", "/conversations/{id}"),
    ("patch", "/conversations/{id}"),
    ("delete", "/conversations/{id}"),
    ("get", "/health"),
    ("get", "/openapi.json"),
    ("get", "/rag"),
    ("get", "/rag/temml/temml.min.js"),
    ("get", "/rag/temml/LICENSE.txt"),
    ("post", "/rag/session"),
}


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return openapi.document(tuple(routes()))


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def test_the_stored_document_is_current(spec: dict[str, Any]) -> None:
    assert openapi.printed(spec) == STORED.read_text(), "make openapi writes it anew"


def test_every_route_of_the_api_is_described_and_no_other(spec: dict[str, Any]) -> None:
    assert {(method, path) for method, path, _ in operations(spec)} == ROUTES


def test_the_document_has_what_openapi_3_1_demands(spec: dict[str, Any]) -> None:
    assert spec["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(spec["info"])
    names = [operation["operationId"] for _, _, operation in operations(spec)]
    assert len(set(names)) == len(names)
    for _, path, operation in operations(spec):
        described = {item["name"] for item in operation.get("parameters", []) if item["in"] == "path"}
        assert described == set(re.findall(r"\{(\w+)\}", path))
        assert all(re.fullmatch(r"[1-5]\d\d", status) for status in operation["responses"])
        assert all(response["description"] for response in operation["responses"].values())


def test_every_answer_has_a_schema_and_every_reference_leads_somewhere(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        bodies = [operation["requestBody"]] if method in ("patch", "post", "put") else []
        bodies += [response for status, response in operation["responses"].items() if status != "304"]
        for body in bodies:
            assert body["content"], path
            assert all("schema" in content for content in body["content"].values()), path
    references = {node["$ref"] for node in nodes(spec) if "$ref" in node}
    schemas = {f"#/components/schemas/{name}" for name in spec["components"]["schemas"]}
    # A description names the last event of a stream: OpenAPI 3.1 has no schema for events.
    assert references | {"#/components/schemas/Failed"} == schemas, "each schema is used, each one used is there"


def test_every_possible_error_is_documented_as_a_problem(spec: dict[str, Any]) -> None:
    problem = {"$ref": "#/components/schemas/Problem"}
    of_openai = {"anyOf": [problem, {"$ref": "#/components/schemas/ChatProblem"}]}
    for method, path, operation in operations(spec):
        errors = {status: answer for status, answer in operation["responses"].items() if status[0] in "45"}
        for status, answer in errors.items():
            if (path, status) != ("/health", "503"):
                schema = answer["content"]["application/json"]["schema"]
                assert schema == (of_openai if path.startswith("/v1/") else problem), (path, status)
        if not path.startswith("/rag"):
            assert {"401", "403", "429", "500", "502", "503", "504"} <= set(errors)
            assert "Retry-After" in errors["429"]["headers"]
        if method == "post":
            assert {"400", "413", "415"} <= set(errors)
    assert "404" in spec["paths"]["/ask"]["post"]["responses"]
    assert "404" in spec["paths"]["/documents/{id}"]["delete"]["responses"]


def test_an_answer_is_described_in_one_piece_and_as_a_stream(spec: dict[str, Any]) -> None:
    content = spec["paths"]["/ask"]["post"]["responses"]["200"]["content"]
    assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/Answer"}
    description = content["text/event-stream"]["schema"]["description"]
    for event in ("stage", "sources", "text", "answer", "failed", ": waiting"):
        assert f"`{event}`" in description


def test_only_the_page_is_for_everybody(spec: dict[str, Any]) -> None:
    assert set(spec["components"]["securitySchemes"]) == {"cognito", "iam", "api_key"}
    assert spec["security"] == [{"cognito": []}, {"iam": []}, {"api_key": []}]
    for _, path, operation in operations(spec):
        assert operation.get("security") == ([] if path.startswith("/rag") else None)
