"""Trusted endpoints: the cluster lets connectors go where ours go."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from mlcommons.client import path_of
from mlcommons.kinds.connector import urls_of
from osml.checks.complaints import complaint
from osml.checks.seat import Seat
from osml.checks.verdict import Skipped

TRUSTED = "plugins.ml_commons.trusted_connector_endpoints_regex"
PRIVATE = "plugins.ml_commons.connector.private_ip_enabled"
LAYERS = ("transient", "persistent", "defaults")


def trusted_endpoints(seat: Seat) -> str:
    """The URL of every model's connector, matched with the cluster's list.

    The engine looks at the list when a connector is made: one that was made before goes on answering.
    """
    if seat.on_collection:
        raise Skipped("a collection calls no models")
    urls = [url for model in seat.of_kind("Model") for url in _urls(seat, model.id)]
    settings = seat.client.get("/_cluster/settings", include_defaults="true", flat_settings="true")
    patterns = _setting(settings, TRUSTED)
    if patterns is None:
        raise Skipped("could not be checked: the cluster does not show its list")
    for url in urls:
        host = urlsplit(url).hostname or url
        if str(_setting(settings, PRIVATE)) == "false" and is_private(host):
            raise complaint(seat.place, "private-address", f"A connector calls {host}, which is a private address")
        if not any(_matches(str(pattern), url) for pattern in patterns):
            fix = f"Add ^https://{re.escape(host)}/.*$ to {TRUSTED} (PUT /_cluster/settings), and keep what is there."
            cause = f"None of the cluster's {len(patterns)} trusted endpoints matches {url}"
            raise complaint(seat.place, "endpoint-not-trusted", f"{cause}: the next new connector is refused", fix)
    return ", ".join(sorted({urlsplit(url).hostname or url for url in urls}))


def is_private(host: str) -> bool:
    """Whether `host` is an address that only its own network knows; of a name nothing can be said from here."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _urls(seat: Seat, model_id: str) -> list[str]:
    """The URLs that the model's connector calls; empty without the model or its connector, which is told later."""
    model = seat.client.find(path_of("_plugins", "_ml", "models", model_id)) or {}
    connector_id = model.get("connector_id")
    found = seat.client.find(path_of("_plugins", "_ml", "connectors", connector_id)) if connector_id else None
    return urls_of(found) if found else []


def _setting(settings: dict[str, Any], name: str) -> Any:
    return next((settings[layer][name] for layer in LAYERS if name in settings.get(layer, {})), None)


def _matches(pattern: str, url: str) -> bool:
    # Java's expressions and Python's agree on what such patterns hold; one that is odd here matches nothing.
    try:
        return re.fullmatch(pattern, url) is not None
    except re.error:
        return False
