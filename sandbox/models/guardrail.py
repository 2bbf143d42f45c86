"""ApplyGuardrail of Bedrock's runtime, with one guardrail: `standin00001`, as DRAFT and as version 1.

It blocks the word `forbiddenword` in questions and answers, and masks e-mail addresses in both. It blocks an answer if
fewer than half of its words are in the grounding source (contextual grounding, threshold 0.5). Amazon's guardrails are
made with CreateGuardrail and use models.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html
"""

import math
import re
from typing import Any

from sandbox.models.converse_tools import InvalidConverse
from sandbox.models.exchange import is_strings
from sandbox.models.sentence import content_words

ID, VERSIONS = "standin00001", ("DRAFT", "1")
WORD, THRESHOLD = "forbiddenword", 0.5
BLOCKED = "Sorry, the model cannot answer this question."
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_QUALIFIERS = ("grounding_source", "query", "guard_content")
_UNIT = 1000


class NoSuchGuardrail(Exception):
    """The identifier or the version is unknown."""


def apply(guardrail: str, version: str, body: Any) -> dict[str, Any]:
    """The answer to one call. Raises NoSuchGuardrail, and InvalidConverse for a body that Bedrock refuses."""
    if guardrail.rpartition("/")[2] != ID or version not in VERSIONS:
        raise NoSuchGuardrail("The guardrail identifier or version provided in the request does not exist.")
    source, texts = _checked(body)
    guarded = [text for text, qualifiers in texts if not {"grounding_source", "query"} & set(qualifiers)]
    whole = "\n".join(guarded)
    assessment: dict[str, Any] = {}
    if WORD in whole.casefold():
        assessment["wordPolicy"] = {
            "customWords": [{"match": WORD, "action": "BLOCKED", "detected": True}],
            "managedWordLists": [],
        }
    if addresses := _EMAIL.findall(whole):
        assessment["sensitiveInformationPolicy"] = {
            "piiEntities": [
                {"match": address, "type": "EMAIL", "action": "ANONYMIZED", "detected": True} for address in addresses
            ],
            "regexes": [],
        }
    grounding = " ".join(text for text, qualifiers in texts if "grounding_source" in qualifiers)
    score = _score(whole, grounding) if source == "OUTPUT" and grounding else None
    if score is not None:
        is_low = score < THRESHOLD
        filtered = {"type": "GROUNDING", "threshold": THRESHOLD, "score": score, "detected": is_low}
        assessment["contextualGroundingPolicy"] = {"filters": [{**filtered, "action": "BLOCKED" if is_low else "NONE"}]}
    is_blocked = "wordPolicy" in assessment or (score is not None and score < THRESHOLD)
    intervened = is_blocked or bool(addresses)
    outputs = [{"text": BLOCKED}] if is_blocked else [{"text": _EMAIL.sub("{EMAIL}", text)} for text in guarded]
    length = sum(len(text) for text in guarded)
    return {
        "usage": _usage(length, grounded=score is not None),
        "action": "GUARDRAIL_INTERVENED" if intervened else "NONE",
        "actionReason": _reason(is_blocked, intervened),
        "outputs": outputs if intervened else [],
        "assessments": [assessment],
        "guardrailCoverage": {"textCharacters": {"guarded": length, "total": sum(len(text) for text, _ in texts)}},
    }


def _checked(body: Any) -> tuple[str, list[tuple[str, list[str]]]]:
    if not isinstance(body, dict) or body.get("source") not in ("INPUT", "OUTPUT"):
        raise InvalidConverse("The value of source must be one of: INPUT, OUTPUT.")
    content = body.get("content")
    if not isinstance(content, list) or not content:
        raise InvalidConverse("The content must have at least one block.")
    texts = []
    for block in content:
        text = block.get("text") if isinstance(block, dict) else None
        if not isinstance(text, dict) or not isinstance(text.get("text"), str) or not text["text"]:
            raise InvalidConverse("The text of a content block must not be empty.")
        qualifiers = text.get("qualifiers", [])
        if not is_strings(qualifiers) or not set(qualifiers) <= set(_QUALIFIERS):
            raise InvalidConverse(f"A qualifier must be one of: {', '.join(_QUALIFIERS)}.")
        texts.append((text["text"], list(qualifiers)))
    return body["source"], texts


def _score(text: str, grounding: str) -> float:
    said, known = content_words(text), content_words(grounding)
    return round(len(said & known) / len(said), 2) if said else 1.0


def _reason(is_blocked: bool, intervened: bool) -> str:
    return "Guardrail blocked." if is_blocked else "Guardrail masked." if intervened else "No action."


def _usage(length: int, *, grounded: bool) -> dict[str, int]:
    units = math.ceil(length / _UNIT)
    return {
        "topicPolicyUnits": 0,
        "contentPolicyUnits": 0,
        "wordPolicyUnits": units,
        "sensitiveInformationPolicyUnits": units,
        "sensitiveInformationPolicyFreeUnits": 0,
        "contextualGroundingPolicyUnits": units if grounded else 0,
    }
