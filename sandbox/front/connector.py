"""Connectors in requests to the engine: the front checks and rewrites their URLs, and resolves their credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.front.authority import DescribedDomain, Signer
from sandbox.front.credential import CredentialDesk
from sandbox.front.refusal import ConnectorRefusal, UntrustedUrl
from sandbox.front.trusted import TrustedSetting
from sandbox.front.url_rewriter import UrlRewriter, leading_parameter, resolve


class ConnectorGate:
    """Translates a client's connector into the form that the engine stores."""

    def __init__(self, desk: CredentialDesk, trusted: TrustedSetting, rewriter: UrlRewriter) -> None:
        self._desk = desk
        self._trusted = trusted
        self._rewriter = rewriter

    def admit(
        self,
        written: Mapping[str, Any],
        caller: Signer | None,
        domain: DescribedDomain,
        stored: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Translate `written` into the engine's form.

        `stored` is the connector that an update changes, with its original URLs; None for a new connector.

        Raises `UntrustedUrl`, `ConnectorRefusal`, `WrongCredential`, `SecretMissing` and `AccessDenied`.
        """
        merged = _merged(written, stored or {})
        parameters = merged.get("parameters") or {}
        for template in _urls(merged):
            if not self._trusted.trusts(resolve(template, parameters)):
                raise UntrustedUrl
        admitted = dict(written)
        credential = self._desk.resolve(merged, caller, domain)
        if credential is not None:
            admitted["credential"] = credential
        if isinstance(written.get("actions"), list):
            admitted["actions"] = [self._led(action, parameters) for action in written["actions"]]
        if isinstance(written.get("url"), str):
            admitted |= self._led(written, parameters)
        leading = {leading_parameter(template) for template in _urls(merged)} - {None}
        if leading and isinstance(written.get("parameters"), dict):
            admitted["parameters"] = {
                name: self._there(value) if name in leading and isinstance(value, str) else value
                for name, value in written["parameters"].items()
            }
        return admitted

    def _led(self, holder: Any, parameters: Mapping[str, Any]) -> Any:
        if not isinstance(holder, dict) or not isinstance(holder.get("url"), str):
            return holder
        template = holder["url"]
        name = leading_parameter(template)
        if name is not None and self._rewriter.there(str(parameters.get(name, ""))) is not None:
            return holder
        return {**holder, "url": self._there(template)}

    def _there(self, template: str) -> str:
        led = self._rewriter.there(template)
        if led is None:
            raise ConnectorRefusal(f"The connector's URL {template} must begin with https:// or http://.")
        return led


def _merged(written: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The connector after an update by ml-commons: parameters are merged, all other fields are replaced."""
    merged = {**stored, **{name: value for name, value in written.items() if value is not None}}
    if stored.get("parameters") or written.get("parameters"):
        merged["parameters"] = {**(stored.get("parameters") or {}), **(written.get("parameters") or {})}
    if "credential" not in written:
        merged.pop("credential", None)
    return merged


def _urls(connector: Mapping[str, Any]) -> Iterator[str]:
    actions = connector.get("actions")
    for holder in (connector, *(actions if isinstance(actions, list) else ())):
        if isinstance(holder, dict) and isinstance(holder.get("url"), str):
            yield holder["url"]
