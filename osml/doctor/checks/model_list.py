"""The list of models of a provider with an OpenAI-compatible API, read with its key."""

from collections.abc import Iterator
from dataclasses import dataclass

import requests
from botocore.exceptions import BotoCoreError, ClientError

from aws.secret_object import stored_object, text_under
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Unchecked
from settings import Environment
from settings.secret import Secret

SECONDS = 10


@dataclass(frozen=True)
class Address:
    """The address of a provider's list of models."""

    host: str
    path: str


def listed_models(settings: Environment) -> Iterator[tuple[str, str, Address, Secret]]:
    """Setting, model, address and key of each model whose provider has a list."""
    models = {f"{setting}.model": model for setting, model in settings.answers.items()}
    for setting, model in {**models, "embedding.model": settings.embedding}.items():
        if model.key and model.listed_at:
            yield setting, model.shown, Address(*model.listed_at), model.key


def names(context: Context, address: Address, secret: Secret) -> list[str]:
    """The list at `address`. Raises Unchecked when it cannot be read, Complaint when the key is refused."""
    headers = {"Authorization": f"Bearer {_key(context, secret)}"}
    try:
        answer = requests.get(f"{context.way_to(address.host)}{address.path}", headers=headers, timeout=SECONDS)
    except requests.RequestException as error:
        # The error's text may contain more than the address.
        raise Unchecked(f"{address.host} was not reached ({type(error).__name__})") from None
    if answer.status_code == requests.codes.unauthorized:
        cause = f"{address.host} refuses the key in {secret.name}"
        raise complaint(context.place, "key-refused", cause)
    try:
        return [str(model["id"]) for model in answer.json()["data"]]
    except (ValueError, KeyError, TypeError):
        said = f"GET {address.path} at {address.host} answered {answer.status_code} without a list"
        raise Unchecked(f"{said}") from None


def _key(context: Context, secret: Secret) -> str:
    try:
        value = stored_object(context.session.client("secretsmanager"), secret.arn or secret.name)
    except (ClientError, BotoCoreError):
        value = None
    key = text_under(secret.key, value)
    if key is None:
        # The check of the secret reports the reason.
        raise Unchecked(f"the key in {secret.name} cannot be read")
    return key
