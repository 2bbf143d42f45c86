"""The causes of errors: short words that never change. An error text in CloudFormation ends with its cause."""

import re
from typing import Literal, get_args

Cause = Literal[
    "answer-not-understood",
    "conflict",
    "connections-exhausted",
    "dimension-mismatch",
    "endpoint-not-in-service",
    "endpoint-not-trusted",
    "endpoint-too-slow",
    "engine-unreachable",
    "engine-untrusted",
    "index-missing",
    "index-unreadable",
    "invalid-spec",
    "key-refused",
    "model-access-denied",
    "model-call-denied",
    "model-missing",
    "model-not-deployed",
    "model-not-subscribed",
    "model-starting",
    "model-unknown",
    "not-found",
    "not-ours",
    "not-ready",
    "pass-role-missing",
    "pipeline-missing",
    "private-address",
    "quota-exceeded",
    "request-body-broken",
    "request-failed",
    "request-not-allowed",
    "request-refused",
    "request-rejected",
    "role-mapping-missing",
    "role-not-assumable",
    "secret-key-missing",
    "secret-missing",
    "throttled",
    "unanswered",
    "unexplained",
    "writes-blocked",
]

_TAG = re.compile(r"\[cause: ([a-z-]+)\]")


def tag(cause: Cause) -> str:
    """The cause as a tag, for the end of a text for people or CloudFormation."""
    return f"[cause: {cause}]"


def cause_in(text: str) -> Cause | None:
    """The cause in the tag of `text`; None without a tag, or if the word is no known cause."""
    causes = [word for word in _TAG.findall(text) if word in get_args(Cause)]
    return causes[-1] if causes else None
