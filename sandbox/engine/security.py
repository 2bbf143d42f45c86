"""Who the engine believes callers to be: the files its security plugin starts from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

FOLDER = "opensearch-security"

_OURS: dict[str, dict[str, Any]] = {
    "config": {
        "config": {
            "dynamic": {
                "http": {
                    "anonymous_auth_enabled": False,
                    # The proxy authenticator accepts no request that did not pass this check first,
                    # so whoever uses it has to send x-forwarded-for too.
                    "xff": {
                        "enabled": True,
                        "internalProxies": r"127\.0\.0\.1",
                        "remoteIpHeader": "x-forwarded-for",
                    },
                },
                "authc": {
                    "proxy": {
                        "description": "Identity verified in front of the engine",
                        "http_enabled": True,
                        "order": 0,
                        "http_authenticator": {
                            "type": "proxy",
                            "challenge": False,
                            "config": {"user_header": "x-proxy-user", "roles_header": "x-proxy-roles"},
                        },
                        "authentication_backend": {"type": "noop"},
                    },
                    "basic": {
                        "description": "Users of the internal database",
                        "http_enabled": True,
                        "order": 1,
                        "http_authenticator": {"type": "basic", "challenge": True},
                        "authentication_backend": {"type": "intern"},
                    },
                },
                "authz": {},
            }
        }
    },
    "internalusers": {},
    "audit": {"config": {"enabled": False}},
    # Upstream maps everybody to own_index and an "admin" to all_access; a new Amazon domain maps its master alone.
    "rolesmapping": {"all_access": {"reserved": False}},
}
_FILES = {
    "config": "config.yml",
    "audit": "audit.yml",
    "internalusers": "internal_users.yml",
    "rolesmapping": "roles_mapping.yml",
}


def write_security(home: Path, config: Path) -> None:
    """Fill `config/opensearch-security`: the plugin's own roles and action groups, and our ways to log in.

    No user and no password exist afterwards. The holder of the admin certificate is the only one with rights.
    """
    folder = config / FOLDER
    shutil.copytree(home / "config" / FOLDER, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.example"))
    for kind, content in _OURS.items():
        document = {"_meta": {"type": kind, "config_version": 2}, **content}
        (folder / _FILES[kind]).write_text(yaml.safe_dump(document, sort_keys=False))
