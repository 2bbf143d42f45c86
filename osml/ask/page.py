"""The assistant's page: its address, and how to sign in."""

from osml.failure import Failure
from osml.place import Place
from osml.remote.stack import assistant


def address(place: Place) -> str:
    """The page's URL. Raises Failure when the environment has no page, or it is not deployed."""
    if not is_wanted(place):
        raise Failure(
            f"The environment {place.env} has no page. Set assistant.page to true in environments/{place.env}.yaml, "
            "then deploy again."
        )
    url = assistant(place).page_url
    if url is None:
        sentence = f"The page is not deployed yet. Deploy it with `osml deploy {place.options}`."
        raise Failure(sentence, "not-deployed")
    return url


def is_wanted(place: Place) -> bool:
    """Whether the environment's settings include a page."""
    settings = place.settings().assistant
    return settings is not None and settings.page


def way_in(place: Place, command: str) -> list[str]:
    """How to sign in, one sentence for each line; `command` is the name under which osml was called."""
    settings = place.settings().assistant
    said = []
    if settings is not None and settings.sign_in == "cognito":
        said.append(f"Add a user who may sign in: `{command} user add you@example.com {place.options}`.")
    elif settings is not None and settings.sign_in == "api-key":
        outputs = assistant(place)
        key = outputs.api_key_id or "ID"
        said.append(
            f"The page needs the API key. Show it with `aws apigateway get-api-key --api-key {key} --include-value`."
        )
        said += [f"The key of {name} is the key {id}." for name, id in (outputs.api_keys or {}).items()]
    if place.instance:
        said.append(
            f"The local cloud uses its own certificate authority, {place.instance.certificates.ca}. "
            "Trust it in the browser, or accept the browser's warning."
        )
    return said
