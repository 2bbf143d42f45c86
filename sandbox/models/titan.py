"""Amazon Titan text embeddings v1 and v2: their requests and answers, with vectors made from MiniLM's.

No Titan model runs here: MiniLM's vectors are projected to 1536 (v1) or 1024, 512 or 256 (v2) dimensions.
"""

from typing import Any

from sandbox.models.embedding import MiniLM
from sandbox.models.exchange import is_whole
from sandbox.models.projection import projected

V1, V2 = "amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0"
_MOST_TOKENS = 8192
_MOST_LETTERS = 50_000


class MalformedTitan(Exception):
    """The body does not match the model's schema. The message is the middle part of Bedrock's."""


def embed(body: Any, model: MiniLM, version: str) -> dict[str, Any]:
    """Return Titan's answer to `{"inputText"}`. For v2, `dimensions`, `normalize` and `embeddingTypes` are optional.

    Raises `MalformedTitan`.
    """
    check_keys(body, {"inputText"}, {"dimensions", "normalize", "embeddingTypes"} if version == V2 else set())
    text = body["inputText"]
    if not isinstance(text, str):
        raise MalformedTitan(f"#/inputText: expected type: String, found: {json_type(text)}")
    if not text:
        raise MalformedTitan("expected minLength: 1, actual: 0")
    if len(text) > _MOST_LETTERS:
        raise MalformedTitan(f"expected maxLength: {_MOST_LETTERS}, actual: {len(text)}")
    width = body.get("dimensions", 1024) if version == V2 else 1536
    if not is_whole(width) or width not in (256, 512, 1024, 1536):
        raise MalformedTitan(f"#/dimensions: {width} is not a valid enum value")
    if version == V2 and width == 1536:
        raise MalformedTitan("#/dimensions: 1536 is not a valid enum value")
    normalize, types = body.get("normalize", True), body.get("embeddingTypes", ["float"])
    if not isinstance(normalize, bool):
        raise MalformedTitan(f"#/normalize: expected type: Boolean, found: {json_type(normalize)}")
    if types != ["float"]:
        raise MalformedTitan('#/embeddingTypes: only ["float"] is answered here')
    tokens = model.count_tokens(text)
    if tokens > _MOST_TOKENS:
        raise MalformedTitan(
            f"Too many input tokens. Max input tokens: {_MOST_TOKENS}, request input token count: {tokens}"
        )
    (listed,) = projected(model, [text], width, normalize=normalize)
    answer = {"embedding": listed, "inputTextTokenCount": tokens}
    return {**answer, "embeddingsByType": {"float": listed}} if version == V2 else answer


def check_keys(body: Any, required: set[str], optional: set[str]) -> None:
    """Raise `MalformedTitan` unless `body` is an object with all `required` keys and, beyond these, only `optional`."""
    if not isinstance(body, dict):
        raise MalformedTitan(f"#: expected type: JSONObject, found: {json_type(body)}")
    faults = [f"#: required key [{key}] not found" for key in sorted(required - set(body))]
    faults += [f"#: extraneous key [{key}] is not permitted" for key in sorted(set(body) - required - optional)]
    if faults:
        raise MalformedTitan("".join(faults))


def json_type(value: Any) -> str:
    """Return Bedrock's word for the type of a JSON value."""
    for kind, word in ((bool, "Boolean"), (int, "Integer"), (float, "BigDecimal"), (str, "String")):
        if isinstance(value, kind):
            return word
    return "JSONArray" if isinstance(value, list) else "JSONObject" if isinstance(value, dict) else "Null"
