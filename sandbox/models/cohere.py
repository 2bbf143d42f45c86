"""Cohere's text embeddings v3 on Bedrock: their requests and answers, with vectors made from MiniLM's."""

import uuid
from typing import Any

from sandbox.models.embedding import MiniLM
from sandbox.models.exchange import is_strings
from sandbox.models.projection import projected
from sandbox.models.titan import MalformedTitan, check_keys, json_type

EMBEDDINGS = ("cohere.embed-english-v3", "cohere.embed-multilingual-v3")
DIMENSION = 1024
MOST_TEXTS = 96
_MOST_LETTERS = 2048
_MOST_TOKENS = 512
_INPUT_TYPES = ("search_document", "search_query", "classification", "clustering")
_TRUNCATE = ("NONE", "START", "END")


def embed(body: Any, model: MiniLM) -> dict[str, Any]:
    """Return Cohere's answer to `{"texts", "input_type", "truncate"?, "embedding_types"?}`; raises `MalformedTitan`.

    A vector has 1024 numbers. With `embedding_types`, the vectors are grouped by type; here only `float` is supported.
    """
    check_keys(body, {"texts", "input_type"}, {"truncate", "embedding_types"})
    texts, types = body["texts"], body.get("embedding_types")
    if not is_strings(texts):
        raise MalformedTitan(f"#/texts: expected type: JSONArray of String, found: {json_type(texts)}")
    if not 1 <= len(texts) <= MOST_TEXTS:
        bound = f"maximum size: [{MOST_TEXTS}]" if texts else "minimum item count: 1"
        raise MalformedTitan(f"#/texts: expected {bound}, found: {len(texts)}")
    _check_choice(body, "input_type", _INPUT_TYPES)
    _check_choice({"truncate": "NONE", **body}, "truncate", _TRUNCATE)
    if types is not None and types != ["float"]:
        raise MalformedTitan('#/embedding_types: only ["float"] is answered here')
    for number, text in enumerate(texts):
        if len(text) > _MOST_LETTERS:
            raise MalformedTitan(f"#/texts/{number}: expected maxLength: {_MOST_LETTERS}, actual: {len(text)}")
        if body.get("truncate", "NONE") == "NONE" and model.count_tokens(text) > _MOST_TOKENS:
            raise MalformedTitan(f"#/texts/{number}: too many tokens, {_MOST_TOKENS} at most unless truncate is set")
    vectors = projected(model, texts, DIMENSION)
    return {
        "id": str(uuid.uuid4()),
        "texts": texts,
        "embeddings": vectors if types is None else {"float": vectors},
        "response_type": "embeddings_floats" if types is None else "embeddings_by_type",
    }


def _check_choice(body: dict[str, Any], name: str, choices: tuple[str, ...]) -> None:
    if body[name] not in choices:
        raise MalformedTitan(f"#/{name}: {body[name]} is not a valid enum value")
