"""The metadata with which an agent signs its user in: of the protected resource, and of the authorization server.

Cognito's own metadata does not declare PKCE, and agents refuse a server that does not declare it
(https://github.com/modelcontextprotocol/python-sdk/issues/976). So this API declares it for its pool.

Sources: RFC 9728, RFC 8414, and the chapter "Authorization" of the Model Context Protocol.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

# The names of the function's variables; none of them is set without a user pool.
BASE, SIGN_IN, SCOPE = "API_URL", "SIGN_IN_URL", "SCOPE"
RESOURCE = "/.well-known/oauth-protected-resource"
# The metadata of an issuer with a path has the second name after the path, and the first name at the host's root.
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
