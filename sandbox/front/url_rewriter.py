"""Connector URLs: in requests to the engine they become URLs of the egress, and in answers the original URLs.

https://${parameters.endpoint}/v1/chat  →  http://127.0.0.1:<port>/_aws/${parameters.endpoint}/v1/chat
http://host/path                        →  http://127.0.0.1:<port>/_plain/host/path
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{parameters\.([^}]*?)(?::-([^}]*))?\}")
_DEEPEST = 10
SECURE, PLAIN = "/_aws/", "/_plain/"
# The hosts outside AWS that the model endpoints emulate.
MODEL_HOSTS = ("api.deepseek.com", "api.openai.com")


@dataclass(frozen=True)
class UrlRewriter:
    """Rewrites URLs for the egress that listens on `port`."""

    port: int

    @property
    def pattern(self) -> str:
        """The regular expression that the engine's list of trusted endpoints must contain."""
        return rf"^http://127\.0\.0\.1:{self.port}/_(aws|plain)/.*$"

    def there(self, template: str) -> str | None:
        """The URL template that calls the egress; None if the original begins with neither https:// nor http://."""
        for scheme, prefix in (("https://", SECURE), ("http://", PLAIN)):
            if template.lower().startswith(scheme):
                return f"{self._base}{prefix}{template[len(scheme) :]}"
        return None

    def back(self, text: bytes) -> bytes:
        """The engine's text with the original URLs."""
        base = self._base.encode()
        if base not in text:
            return text
        return text.replace(base + SECURE.encode(), b"https://").replace(base + PLAIN.encode(), b"http://")

    @property
    def _base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def resolve(template: str, parameters: Mapping[str, Any]) -> str:
    """Fill in `${parameters.x}` and `${parameters.x:-default}`, also within the values of parameters.

    A placeholder without a value and a default stays.
    """

    def fill(match: re.Match[str]) -> str:
        name, default = match.groups()
        value = parameters.get(name, default)
        if value is None:
            return match.group()
        return value if isinstance(value, str) else json.dumps(value)

    for _ in range(_DEEPEST):
        filled = _PLACEHOLDER.sub(fill, template)
        if filled == template:
            break
        template = filled
    return template


def leading_parameter(template: str) -> str | None:
    """The name of the parameter at the beginning of a URL template, whose value contains the scheme; or None."""
    match = _PLACEHOLDER.match(template)
    return match.group(1) if match else None
