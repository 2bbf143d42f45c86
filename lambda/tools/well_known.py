"""Where an agent signs its user in: the metadata of the protected resource, and of the server that gives tokens.

Cognito's own metadata does not say that it takes PKCE, and agents refuse a server that does not say so
(https://github.com/modelcontextprotocol/python-sdk/issues/976): this API says it for its pool.

Sources: RFC 9728, RFC 8414, and the chapter "Authorization" of the Model Context Protocol.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

# What the variables of the function say; a function without a pool has none of them.
BASE, SIGN_IN, SCOPE = "API_URL", "SIGN_IN_URL", "SCOPE"
RESOURCE = "/.well-known/oauth-protected-resource"
# An issuer with a path has its metadata behind the path under the second name, and at the host's root under the first.
ISSUER = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")


def metadata(path: str) -> Mapping[str, Any] | None:
    """The document at a path of the API; None if there is none."""
    base, sign_in, scope = (os.environ.get(name, "") for name in (BASE, SIGN_IN, SCOPE))
    if not sign_in:
        return None
    if path in (RESOURCE, f"{RESOURCE}/mcp"):
        return {
            "resource": f"{base}/mcp",
            "authorization_servers": [base],
            "scopes_supported": [scope],
            "bearer_methods_supported": ["header"],
        }
    if path in ISSUER:
        return {
            "issuer": base,
            "authorization_endpoint": f"{sign_in}/oauth2/authorize",
            "token_endpoint": f"{sign_in}/oauth2/token",
            "revocation_endpoint": f"{sign_in}/oauth2/revoke",
            "scopes_supported": [scope],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        }
    return None
