"""The domain's trusted connector endpoints, stored in the engine's own setting.

The engine gets only URLs of the egress, so only the egress pattern in its list has an effect. Further entries contain
the patterns of the domain's clients. These entries match nothing; the front checks the patterns:

    [<egress pattern>, "never^default:<d>"…]                                  nothing set: the defaults
    [<egress pattern>, "never^default:<d>"…, "never^set", "never^set:<c>"…]   set to [<c>…]

Patterns are percent-encoded in these entries: their brackets have no effect there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

from sandbox.front.engine import EngineConnections

logger = logging.getLogger(__name__)

SETTING = "plugins.ml_commons.trusted_connector_endpoints_regex"
_PATH = "/_cluster/settings?flat_settings=true"
_DEFAULT = "never^default:"
_SET = "never^set"


class TrustedSetting:
    """Translates the setting between the client's view and the engine's. `pattern` matches only the egress."""

    def __init__(self, engine: EngineConnections, pattern: str) -> None:
        self._engine = engine
        self._pattern = pattern
        self._defaults: list[str] | None = None

    def ensure(self) -> None:
        """Add the egress pattern to the engine's list, if it is missing; entries of clients are kept."""
        stored = self._stored()
        if stored[:1] == [self._pattern]:
            return
        if not any(entry.startswith(_DEFAULT) for entry in stored):
            # The engine shows its defaults only while the setting is not set.
            self._engine.administer("PUT", _PATH, {"persistent": {SETTING: None}})
        client = self._decode(stored) if stored else None
        self._engine.administer("PUT", _PATH, {"persistent": {SETTING: self._entries(client)}})

    def withdraw(self) -> None:
        """Restore the engine's own default list."""
        self._engine.administer("PUT", _PATH, {"persistent": {SETTING: None}, "transient": {SETTING: None}})

    def trusts(self, url: str) -> bool:
        """Whether one of the client's patterns, or one of the defaults, matches the whole URL."""
        return any(_matches(pattern, url) for pattern in self.effective())

    def effective(self) -> list[str]:
        """The current patterns: the transient ones, or else the persistent ones, or else the defaults."""
        _, body = self._engine.administer("GET", _PATH)
        for scope in ("transient", "persistent"):
            entries = body[scope].get(SETTING)
            client = self._decode(entries) if entries else None
            if client is not None:
                return client
        return self._default_patterns()

    def inward(self, settings: dict[str, Any]) -> dict[str, Any]:
        """A client's `_cluster/settings` body in the engine's form; changed in place."""
        for scope in ("persistent", "transient"):
            block = settings.get(scope)
            if not isinstance(block, dict):
                continue
            for holder, key in list(_places(block, SETTING)):
                value = holder[key]
                if isinstance(value, str):
                    value = value.split(",")
                if isinstance(value, list):
                    holder[key] = self._entries([str(pattern) for pattern in value])
                elif value is None and scope == "persistent":
                    holder[key] = self._entries(None)
        return settings

    def outward(self, settings: dict[str, Any], *, flat: bool) -> dict[str, Any]:
        """The engine's `_cluster/settings` answer in the client's form; changed in place.

        `flat` is whether the answer has flat settings.
        """
        for scope in ("persistent", "transient"):
            block = settings.get(scope)
            if not isinstance(block, dict):
                continue
            for holder, key in list(_places(block, SETTING)):
                client = self._decode(holder[key])
                if client is not None:
                    holder[key] = client
                else:
                    _remove(block, SETTING)
                    if isinstance(settings.get("defaults"), dict):
                        _insert(settings["defaults"], self._default_patterns(), flat=flat)
        return settings

    def _entries(self, client: list[str] | None) -> list[str]:
        entries = [self._pattern, *(_DEFAULT + quote(pattern) for pattern in self._default_patterns())]
        if client is not None:
            entries += [_SET, *(f"{_SET}:{quote(pattern)}" for pattern in client)]
        return entries

    def _decode(self, entries: list[str]) -> list[str] | None:
        """The client's patterns; None if no client has set any."""
        if entries[:1] != [self._pattern] and not any(entry.startswith(_DEFAULT) for entry in entries):
            return entries
        if _SET not in entries:
            return None
        return [unquote(entry[len(_SET) + 1 :]) for entry in entries if entry.startswith(_SET + ":")]

    def _default_patterns(self) -> list[str]:
        if self._defaults is None:
            stored = self._stored()
            kept = [unquote(entry[len(_DEFAULT) :]) for entry in stored if entry.startswith(_DEFAULT)]
            if not kept:
                _, body = self._engine.administer("GET", _PATH + "&include_defaults=true")
                kept = list(body["defaults"].get(SETTING, ()))
            self._defaults = kept
        return self._defaults

    def _stored(self) -> list[str]:
        _, body = self._engine.administer("GET", _PATH)
        return list(body["persistent"].get(SETTING, ()))


def _matches(pattern: str, url: str) -> bool:
    try:
        return re.fullmatch(pattern, url) is not None
    except re.error as error:
        logger.warning("trusted endpoint pattern %s cannot be read here and matches nothing: %s", pattern, error)
        return False


def _places(block: dict[str, Any], name: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The dictionaries and keys at which a setting is in a block: its name may be dotted, nested, or both."""
    for key, value in block.items():
        if key == name:
            yield block, key
        elif isinstance(value, dict) and name.startswith(key + "."):
            yield from _places(value, name[len(key) + 1 :])


def _remove(block: dict[str, Any], name: str) -> None:
    for key in list(block):
        if key == name:
            del block[key]
        elif isinstance(block[key], dict) and name.startswith(key + "."):
            _remove(block[key], name[len(key) + 1 :])
            if not block[key]:
                del block[key]


def _insert(block: dict[str, Any], value: list[str], *, flat: bool) -> None:
    if flat:
        block[SETTING] = value
        return
    *parents, last = SETTING.split(".")
    for name in parents:
        block = block.setdefault(name, {})
    block[last] = value
