"""TrustedEndpoints: our patterns in the cluster's list of addresses that connectors may call.

An entry of ours is `<pattern>|^osml:<stack>/<logical id>$`: a regular expression of two branches, the second
of which matches no URL. It stands beside an equal entry of someone else, so nobody's pattern goes with ours.
"""

# ruff: noqa: ARG002 - all kinds share one signature per verb

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from mlcommons.client import Client
from mlcommons.errors import Conflict, InvalidSpec, Unready
from mlcommons.kind import Kind, Observed
from mlcommons.owner import Owner, digest_of
from mlcommons.turn import PAUSE, turn

_SETTING = "plugins.ml_commons.trusted_connector_endpoints_regex"
_PATH = "/_cluster/settings"


@dataclass(frozen=True)
class TrustedEndpointsSpec:
    """`patterns` are Java regular expressions of whole URLs, e.g. `^https://api\\.deepseek\\.com/.*$`."""

    patterns: list[str]


@dataclass(frozen=True)
class _Setting:
    """The list in effect, and the layer it comes from: transient, persistent or defaults."""

    layer: str
    entries: list[str]


class TrustedEndpoints(Kind[TrustedEndpointsSpec]):
    """The physical id is `trusted-endpoints:<owner>`; the object is our part of the list."""

    name = "TrustedEndpoints"
    spec_type = TrustedEndpointsSpec

    def parse(self, spec: Any) -> TrustedEndpointsSpec:
        parsed = super().parse(spec)
        for pattern in parsed.patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise InvalidSpec(f"Reading the trusted endpoint {pattern!r}", str(error)) from None
        return parsed

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return physical_id == _physical_id(owner)

    def find(self, client: Client, spec: TrustedEndpointsSpec, owner: Owner) -> Observed | None:
        return self.read(client, _physical_id(owner), owner)

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        suffix = _suffix(owner)
        mine = [entry for entry in _read(client).entries if entry.endswith(suffix)]
        return Observed(physical_id, owner, {entry.removesuffix(suffix) for entry in mine}) if mine else None

    def changes(self, observed: Observed, spec: TrustedEndpointsSpec) -> Collection[str]:
        return () if observed.body == set(spec.patterns) else {"patterns"}

    def create(self, client: Client, spec: TrustedEndpointsSpec, owner: Owner) -> str:
        _merge(client, owner, spec.patterns)
        return _physical_id(owner)

    def update(self, client: Client, observed: Observed, spec: TrustedEndpointsSpec, owner: Owner) -> None:
        _merge(client, owner, spec.patterns)

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        _merge(client, owner, [])
        return ""


def _physical_id(owner: Owner) -> str:
    return f"trusted-endpoints:{owner}"


def _suffix(owner: Owner) -> str:
    return f"|^osml:{owner}$"


def _begun(defaults: list[str]) -> str:
    """An entry that says: this list was begun by osml, from these defaults. It matches no URL either."""
    return f"^osml:defaults:{digest_of(sorted(defaults))}$"


def _read(client: Client) -> _Setting:
    answer = client.get(_PATH, include_defaults="true", flat_settings="true")
    for layer in ("transient", "persistent", "defaults"):
        if _SETTING in answer.get(layer, {}):
            return _Setting(layer, list(answer[layer][_SETTING]))
    raise Unready(
        f"Reading {_SETTING}",
        "the cluster shows neither a value nor a default",
        "Writing it blindly would replace the defaults: may the role read the cluster's settings?",
    )


def _merge(client: Client, owner: Owner, wanted: list[str]) -> None:
    """Write our part of the list, in our turn; where there are no turns, look again until nobody has undone it."""
    attempt = 0
    while True:
        with turn(client) as alone:
            setting = _read(client)
            entries = _merged(setting, owner, wanted)
            settled = entries == setting.entries
            if not settled:
                layer = "persistent" if setting.layer == "defaults" else setting.layer
                client.put(_PATH, {layer: {_SETTING: entries}})
        if alone or settled:
            return
        if not client.patience.wait(attempt + 2, PAUSE):
            raise Conflict("Writing the trusted endpoints", "others write them all the time", "Try again.")
        attempt += 1


def _merged(setting: _Setting, owner: Owner, wanted: list[str]) -> list[str] | None:
    """Return the list with exactly `wanted` of ours, None when it is to be as if osml had never been there."""
    suffix = _suffix(owner)
    mine = [pattern + suffix for pattern in dict.fromkeys(wanted)]
    if {entry for entry in setting.entries if entry.endswith(suffix)} == set(mine):
        return setting.entries
    after = [entry for entry in setting.entries if not entry.endswith(suffix)] + mine
    if setting.layer == "defaults":
        after.append(_begun(setting.entries))
    if any("|^osml:" in entry for entry in after):
        return after
    rest = [entry for entry in after if not entry.startswith("^osml:defaults:")]
    return None if _begun(rest) in after else rest
