"""The causes of the command line's errors: those of the engine, and its own."""

from typing import Any, Literal, cast, get_args

from mlcommons import cause as engine

Cause = Literal[
    engine.Cause,
    "deploy-failed",
    "end-of-life",
    "field-unknown",
    "index-empty",
    "key-not-taken-over",
    "local-cloud-missing",
    "model-failed",
    "no-credentials",
    "no-network",
    "no-region",
    "not-deployed",
    "object-changed",
    "object-missing",
    "operator-role-denied",
    "package-missing",
    "question-failed",
    "wrong-account",
]


def known(word: Any) -> Cause | None:
    """`word` if it is a cause, else None."""
    return cast("Cause", word) if word in get_args(Cause) else None
