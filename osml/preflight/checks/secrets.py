"""The keys of the models are in their secrets."""

from collections.abc import Iterator

from osml.deploy import secret
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.verdict import Noted, Skipped
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext

TITLE, BEFORE_DEPLOY = "keys of models", False


def look(context: PreflightContext) -> Iterator[Seen]:
    """Each secret, and the JSON key of the model's key in it. `osml deploy` requires it before it begins."""
    wanted = context.settings.secrets
    if not wanted:
        raise Skipped("no model needs a key")
    for key_of_model in wanted.values():
        if secret.holds(key_of_model.name, key_of_model.key, context.settings.region):
            yield f"{key_of_model.name} has a value under {key_of_model.key}"
            continue
        problem = complaint(
            context.place,
            "secret-key-missing",
            f"The secret {key_of_model.name} has no value under {key_of_model.key} yet",
        )
        yield Noted(problem) if key_of_model.create else problem
