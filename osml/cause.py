"""The causes of the command line's errors: those of the engine, and its own."""

from typing import Any, Literal, cast, get_args

from mlcommons import cause as engine

Cause = Literal[
    engine.Cause,
    "concurrency-too-low",
    "deploy-failed",
    "deploy-not-allowed",
    "end-of-life",
    "field-unknown",
    "index-empty",
    "instance-not-offered",
    "key-not-taken-over",
    "key-unusable",
    "local-cloud-missing",
    "log-policies-full",
    "model-failed",
    "name-taken",
    "no-credentials",
    "no-network",
    "no-region",
    "not-bootstrapped",
    "not-deployed",
    "object-changed",
    "object-missing",
    "operator-role-denied",
    "package-missing",
    "question-failed",
    "service-role-missing",
    "wrong-account",
]


def known(word: Any) -> Cause | None:
    """`word` if it is a cause, else None."""
    return cast("Cause", word) if word in get_args(Cause) else None
