"""TrustedEndpoints: the owner's patterns in the cluster's list of addresses that connectors may call.

An entry is `<pattern>|^osml:<stack>/<logical id>$`: a regular expression with two branches. The second branch matches
no URL, and distinguishes the entry from an equal pattern of somebody else. So osml removes only its own entry.

If the list already trusts all patterns, by its defaults or by entries of others, nothing is written: a list that is set
no longer follows the defaults of a newer engine.
"""

# ruff: noqa: ARG002 - all kinds share one signature per verb

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from mlcommons.client import Client
from mlcommons.errors import Conflict, InvalidSpec, Unready
from mlcommons.kind import Kind, Observed
from mlcommons.lock import lock, pause
from mlcommons.owner import Owner, digest_of

_SETTING = "plugins.ml_commons.trusted_connector_endpoints_regex"
_PATH = "/_cluster/settings"
# A dot without a backslash is also accepted: a domain suffix that is known only at deploy time is not escaped.
_TEXT_AND_MORE = re.compile(r"\^(?P<text>(?:[\w:/.-]|\\[^\w\s])+/)\.\*\$?")


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
    """The physical id is `trusted-endpoints:<owner>`, and the object is the owner's part of the list.

    The id is `trusted-already:<owner>` if the list trusted everything when the object was made. Such an object always
    exists, and gets a part of the list when the list no longer trusts its patterns.
    """

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
        return physical_id in (_physical_id(owner), _already(owner))

    def find(self, client: Client, spec: TrustedEndpointsSpec, owner: Owner) -> Observed | None:
        return self.read(client, _physical_id(owner), owner)

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        suffix = _suffix(owner)
        entries = _read(client).entries
        mine = {entry.removesuffix(suffix) for entry in entries if entry.endswith(suffix)}
        if physical_id != _already(owner):
            return Observed(physical_id, owner, {"patterns": mine}) if mine else None
        return Observed(physical_id, owner, {"patterns": mine, "others": _of_others(entries)})

    def changes(self, observed: Observed, spec: TrustedEndpointsSpec) -> Collection[str]:
        mine, others = observed.body["patterns"], observed.body.get("others", [])
        if mine == set(spec.patterns) or (not mine and trusts_all(others, spec.patterns)):
            return ()
        return {"patterns"}

    def create(self, client: Client, spec: TrustedEndpointsSpec, owner: Owner) -> str:
        if trusts_all(_of_others(_read(client).entries), spec.patterns):
            return _already(owner)
        _merge(client, owner, spec.patterns)
        return _physical_id(owner)

    def update(self, client: Client, observed: Observed, spec: TrustedEndpointsSpec, owner: Owner) -> None:
        _merge(client, owner, spec.patterns)

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        if not observed.body["patterns"]:
            return "not changed: nothing was added to the list"
        _merge(client, owner, [])
        return ""


def trusts_all(entries: Collection[str], patterns: Collection[str]) -> bool:
    """Whether the list `entries` trusts all URLs that one of `patterns` matches.

    This is certain only if an entry equals the pattern, or if the pattern is one host or address followed by anything.
    """
    return all(pattern in entries or _is_matched(entries, _url_of(pattern)) for pattern in patterns)


def _url_of(pattern: str) -> str | None:
    """A URL that `pattern` matches and narrower ones hardly do; None unless it is a fixed text followed by anything."""
    match = _TEXT_AND_MORE.fullmatch(pattern)
    return re.sub(r"\\(.)", r"\1", match["text"]) + "osml-any/path" if match else None


def _is_matched(entries: Collection[str], url: str | None) -> bool:
    return url is not None and any(_matches(entry, url) for entry in entries)


def _matches(entry: str, url: str) -> bool:
    # Java and Python read the expressions of such lists alike; an expression that Python refuses matches nothing.
    try:
        return re.fullmatch(entry, url) is not None
    except re.error:
        return False


def _of_others(entries: list[str]) -> list[str]:
    """The entries that no stack of osml removes."""
    return [entry for entry in entries if "^osml:" not in entry]


def _physical_id(owner: Owner) -> str:
    return f"trusted-endpoints:{owner}"


def _already(owner: Owner) -> str:
    return f"trusted-already:{owner}"


def _suffix(owner: Owner) -> str:
    return f"|^osml:{owner}$"


def _begun(defaults: list[str]) -> str:
    """An entry that notes that osml set this list, starting from these defaults. It also matches no URL."""
    return f"^osml:defaults:{digest_of(sorted(defaults))}$"


def _read(client: Client) -> _Setting:
    answer = client.get(_PATH, include_defaults="true", flat_settings="true")
    for layer in ("transient", "persistent", "defaults"):
        if _SETTING in answer.get(layer, {}):
            return _Setting(layer, list(answer[layer][_SETTING]))
    raise Unready(
        f"Reading {_SETTING}",
        "the cluster shows neither a value nor a default",
        "Writing it would replace the defaults. Check that the role may read the cluster's settings.",
    )


def _merge(client: Client, owner: Owner, wanted: list[str]) -> None:
    """Write the owner's part of the list with a lock; without locks, repeat until nobody has undone it."""
    attempt = 0
    while True:
        with lock(client) as alone:
            since = client.patience.elapsed()
            setting = _read(client)
            entries = _merged(setting, owner, wanted)
            settled = entries == setting.entries
            if not settled:
                layer = "persistent" if setting.layer == "defaults" else setting.layer
                client.put(_PATH, {layer: {_SETTING: entries}})
        if alone or settled:
            return
        if not client.patience.wait(attempt + 2, pause(client.patience.elapsed() - since)):
            raise Conflict("Writing the trusted endpoints", "others keep writing them", "Try again.")
        attempt += 1


def _merged(setting: _Setting, owner: Owner, wanted: list[str]) -> list[str] | None:
    """Return the list with exactly `wanted` of the owner's entries; None to restore the state before osml."""
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
