"""The cause in a foreign text: a text of the engine, of a provider behind it, or of AWS.

Many texts are from OpenSearch 3.4. Errors of osml need no recognition: each has its cause.
"""

import re

from calls.named_status import named
from calls.starting import NO_CAPACITY
from mlcommons.cause import Cause

TEXTS: tuple[tuple[Cause, str], ...] = (
    # First, because the engine repeats the whole body, whose passages may contain any word.
    ("request-body-broken", r"invalid payload|malformedjson|invalid json in payload"),
    ("pass-role-missing", r"iam:PassRole"),
    ("secret-missing", r"can't find the specified secret|secret \S+ (does not exist|has no value)"),
    ("secret-key-missing", r"has no key '"),
    ("endpoint-not-trusted", r"trusted connector endpoint regex"),
    ("private-address", r"private ip"),
    ("model-starting", NO_CAPACITY),
    # Before the timeouts: the engine's texts for both contain that something took too long.
    ("connections-exhausted", r"Acquire operation took longer|cannot get a connection from the pool"),
    ("throttled", rf"throttl|too many requests|rate limit|{named(429)}"),
    ("endpoint-too-slow", r"read timed? ?out|timed out while waiting for the model"),
    (
        "key-refused",
        rf"authentication fails|incorrect api key|invalid.{{0,20}}api key|api key.{{0,20}}invalid|{named(401)}",
    ),
    (
        "model-unknown",
        r"supported api model names are|model not exist|reached the end of its life|marked by provider as legacy"
        r"|model identifier is invalid|the model \S+ (does not exist|has been deprecated)",
    ),
    # Before the next entry, whose words it contains.
    (
        "model-not-subscribed",
        r"required aws.marketplace actions|aws-marketplace:\w+|use case details have not been submitted",
    ),
    ("model-access-denied", r"don't have access to the model|model access is denied"),
    ("model-call-denied", r"sagemaker:InvokeEndpoint|bedrock:InvokeModel"),
    ("role-not-assumable", r"sts:AssumeRole"),
    ("role-mapping-missing", r"no permissions for \["),
    ("request-not-allowed", r"es:ESHttp\w+"),
    ("model-not-deployed", r"model not ready yet|deploy the model first"),
    ("model-missing", r"failed to find model"),
    ("dimension-mismatch", r"vector dimension|query vector has invalid dimension"),
    ("quota-exceeded", r"ResourceLimitExceeded|service limit|account-level.*limit|quota"),
    ("endpoint-not-in-service", r"endpoint \S+ (of account \S+ )?not found"),
    ("answer-not-understood", r"unknown error or response"),
    (
        "pipeline-missing",
        r"pipeline (with id )?\S+ (does not exist|is not defined|not found)|Pipeline .* is not defined",
    ),
    ("index-missing", r"no such index"),
)
_KNOWN = tuple((cause, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for cause, pattern in TEXTS)


def recognized(text: str) -> Cause | None:
    """The cause in a foreign `text`; None if it is unknown."""
    return next((cause for cause, pattern in _KNOWN if pattern.search(text)), None)
