"""Trusted endpoints: the cluster allows the URLs of our connectors."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from mlcommons.client import path_of
from mlcommons.kinds.connector import urls_of
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Skipped, Unchecked

TRUSTED = "plugins.ml_commons.trusted_connector_endpoints_regex"
PRIVATE = "plugins.ml_commons.connector.private_ip_enabled"
LAYERS = ("transient", "persistent", "defaults")


def trusted_endpoints(context: Context) -> str:
    """The URL of every model's connector, matched with the cluster's list.

    The engine checks the list when it creates a connector; existing connectors continue to work.
    """
    if context.on_collection:
        raise Skipped("a collection calls no models")
    urls = [url for model in context.of_kind("Model") for url in _urls(context, model.id)]
    settings = context.client.get("/_cluster/settings", include_defaults="true", flat_settings="true")
    patterns = _setting(settings, TRUSTED)
    if patterns is None:
        raise Unchecked("the cluster's list is not readable")
    for url in urls:
        host = urlsplit(url).hostname or url
        if str(_setting(settings, PRIVATE)) == "false" and is_private(host):
            raise complaint(context.place, "private-address", f"A connector calls {host}, which is a private address")
        if not any(_matches(str(pattern), url) for pattern in patterns):
            cause = f"None of the cluster's {len(patterns)} trusted endpoints matches {url}"
            raise complaint(
                context.place, "endpoint-not-trusted", f"{cause}, so the engine will refuse the next new connector"
            )
    return ", ".join(sorted({urlsplit(url).hostname or url for url in urls}))


def is_private(host: str) -> bool:
    """Whether `host` is an IP address that is not public, or `localhost`; False for other names."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _urls(context: Context, model_id: str) -> list[str]:
    """The URLs of the model's connector; empty without a model or connector, which a later check reports."""
    model = context.client.find(path_of("_plugins", "_ml", "models", model_id)) or {}
    connector_id = model.get("connector_id")
    connector = context.client.find(path_of("_plugins", "_ml", "connectors", connector_id)) if connector_id else None
    return urls_of(connector) if connector else []


def _setting(settings: dict[str, Any], name: str) -> Any:
    return next((settings[layer][name] for layer in LAYERS if name in settings.get(layer, {})), None)


def _matches(pattern: str, url: str) -> bool:
    # Java and Python read such patterns alike; a pattern that Python cannot read matches nothing.
    try:
        return re.fullmatch(pattern, url) is not None
    except re.error:
        return False


CHECK = Check("trusted endpoints", trusted_endpoints, after="PassRole")
