"""The authentication of callers: the configuration files with which the engine's security plugin starts."""

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
                    # The proxy authenticator accepts only requests that pass this check, so the front also sends
                    # x-forwarded-for.
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
    # The plugin's default maps everybody to own_index and the backend role "admin" to all_access. A new domain on
    # Amazon maps only its master user.
    "rolesmapping": {"all_access": {"reserved": False}},
}
_FILES = {
    "config": "config.yml",
    "audit": "audit.yml",
    "internalusers": "internal_users.yml",
    "rolesmapping": "roles_mapping.yml",
}


def write_security(home: Path, config: Path) -> None:
    """Write `config/opensearch-security`: the plugin's own roles and action groups, and osml's authentication.

    It contains no users and no passwords. Only clients with the admin certificate have permissions.
    """
    folder = config / FOLDER
    shutil.copytree(home / "config" / FOLDER, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.example"))
    for kind, content in _OURS.items():
        document = {"_meta": {"type": kind, "config_version": 2}, **content}
        (folder / _FILES[kind]).write_text(yaml.safe_dump(document, sort_keys=False))
