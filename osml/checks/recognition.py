"""From a sentence of AWS, the engine or a provider to the name of its cause.

The sentences come from events of CloudFormation, from predictions and from searches; many were seen on OpenSearch 3.4.
"""

import re

_CAUSES: tuple[tuple[str, str], ...] = (
    # First, because the engine repeats the whole body, whose passages may hold any word.
    ("request-body-broken", r"invalid payload|malformedjson|invalid json in payload"),
    ("pass-role-missing", r"iam:PassRole"),
    ("secret-missing", r"can't find the specified secret|secret \S+ (does not exist|has no value)"),
    ("secret-key-missing", r"has no key '|lacks the key|does not hold a JSON object"),
    ("endpoint-not-trusted", r"trusted connector endpoint regex"),
    ("private-address", r"private ip"),
    # Before the timeouts: the engine says of both that they took too long.
    ("connections-exhausted", r"Acquire operation took longer|cannot get a connection from the pool"),
    ("throttled", r"throttl|too many requests|rate limit|\b429\b"),
    ("endpoint-too-slow", r"read timed? ?out|timed out while waiting for the model|answered 504|no answer in \d+"),
    ("key-refused", r"authentication fails|incorrect api key|invalid.{0,20}api key|api key.{0,20}invalid|\b401\b"),
    (
        "model-access-denied",
        r"don't have access to the model|model access is denied|not authorized to perform the required aws-marketplace",
    ),
    ("model-call-denied", r"(sagemaker:InvokeEndpoint|bedrock:InvokeModel)|invoke the model"),
    ("operator-role-denied", r"assuming the operator role"),
    ("role-not-assumable", r"sts:AssumeRole"),
    ("role-mapping-missing", r"no permissions for \["),
    ("request-not-allowed", r"es:ESHttp\w+"),
    ("model-not-deployed", r"model not ready yet|deploy the model first|its state is"),
    ("model-missing", r"failed to find model"),
    (
        "dimension-mismatch",
        r"makes vectors of \d+|vector dimension|query vector has invalid dimension|need a new index",
    ),
    ("quota-exceeded", r"ResourceLimitExceeded|service limit|account-level.*limit|quota"),
    ("endpoint-not-in-service", r"endpoint \S+ (of account \S+ )?not found|does not know this endpoint"),
    ("answer-not-understood", r"unknown error or response|was not understood"),
    (
        "pipeline-missing",
        r"pipeline (with id )?\S+ (does not exist|is not defined|not found)|Pipeline .* is not defined",
    ),
    ("index-missing", r"no such index"),
    ("not-deployed", r"is not deployed"),
    ("engine-unreachable", r"got no answer|nothing listens there|the name is unknown|is the endpoint the right domain"),
)
_KNOWN = tuple((name, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for name, pattern in _CAUSES)


def cause_of(sentence: str, otherwise: str) -> str:
    """The name of the cause that `sentence` speaks of, `otherwise` when it is none that is known."""
    return next((name for name, pattern in _KNOWN if pattern.search(sentence)), otherwise)
