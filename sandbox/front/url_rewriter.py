"""Connector URLs, led to the egress on the way in and put back on the way out.

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
# The hosts outside AWS that the model endpoints stand for.
MODEL_HOSTS = ("api.deepseek.com", "api.openai.com")


@dataclass(frozen=True)
class UrlRewriter:
    """The way over the egress that listens on `port`."""

    port: int

    @property
    def pattern(self) -> str:
        """What the engine's own list of trusted endpoints must hold."""
        return rf"^http://127\.0\.0\.1:{self.port}/_(aws|plain)/.*$"

    def there(self, template: str) -> str | None:
        """The URL template over the egress; None when it does not begin with a scheme."""
        for scheme, prefix in (("https://", SECURE), ("http://", PLAIN)):
            if template.lower().startswith(scheme):
                return f"{self._base}{prefix}{template[len(scheme) :]}"
        return None

    def back(self, text: bytes) -> bytes:
        """Any text of the engine with the original URLs in it."""
        base = self._base.encode()
        if base not in text:
            return text
        return text.replace(base + SECURE.encode(), b"https://").replace(base + PLAIN.encode(), b"http://")

    @property
    def _base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def resolve(template: str, parameters: Mapping[str, Any]) -> str:
    """`${parameters.x}` and `${parameters.x:-default}` filled in, values within values too."""

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
    """The parameter that a URL begins with, when its scheme comes from there."""
    match = _PLACEHOLDER.match(template)
    return match.group(1) if match else None
