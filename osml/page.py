"""The assistant's page: where it is, and how one signs in to it."""

from osml.failure import Failure
from osml.place import Place
from osml.stack import assistant


def address(place: Place) -> str:
    """The page's URL. Raises Failure when the environment has no page, or it is not deployed."""
    if not is_wanted(place):
        raise Failure(
            f"The environment {place.env} has no page: set assistant.page to true in environments/{place.env}.yaml, "
            "then deploy again."
        )
    found = assistant(place).page_url
    if found is None:
        raise Failure(f"The page is not deployed yet: deploy again with `osml deploy {place.options}`.")
    return found


def is_wanted(place: Place) -> bool:
    """Whether the environment's settings ask for a page."""
    settings = place.settings().assistant
    return settings is not None and settings.page


def way_in(place: Place, command: str) -> list[str]:
    """How to sign in, one sentence a line; `command` is osml as it was typed."""
    settings = place.settings().assistant
    said = []
    if settings is not None and settings.sign_in == "cognito":
        said.append(f"Sign in as a user: add one with `{command} user add you@example.com {place.options}`.")
    elif settings is not None and settings.sign_in == "api-key":
        key = assistant(place).api_key_id or "ID"
        said.append(
            f"The page asks for the API key: `aws apigateway get-api-key --api-key {key} --include-value` shows it."
        )
    if place.instance:
        said.append(
            f"The local cloud has a certificate authority of its own, {place.instance.certificates.ca}: "
            "let the browser trust it, or accept its warning."
        )
    return said
