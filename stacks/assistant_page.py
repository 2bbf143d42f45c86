"""The settings of the page and the variables of its sign-in."""

from __future__ import annotations

from collections.abc import Sequence

from opensearch_ml.assistant.sign_in_pool import SignInPool
from settings import Environment
from settings.assistant import Assistant


def page_settings(
    environment: Environment, assistant: Assistant, pool: SignInPool | None, client: str | None
) -> dict[str, object]:
    """The settings in the page, which signs people in at the `pool` as its `client`."""
    return {
        "environment": environment.name,
        "sign_in": assistant.sign_in,
        # The API's address relative to the page.
        "api": "",
        "authorize_url": f"{pool.address}/oauth2/authorize" if pool else "",
        "logout_url": f"{pool.address}/logout" if pool else "",
        "client_id": client or "",
        "scope": pool.scope if pool else "",
        "second_factor": _chosen(assistant, pool),
        "visible_seconds": environment.search.visible_seconds,
    }


def session_variables(
    assistant: Assistant, pool: SignInPool | None, client: str | None, addresses: Sequence[str]
) -> dict[str, str]:
    """The variables of the function `session`; `addresses` are addresses of the page that differ from the API's."""
    return {
        "TOKEN_URL": f"{pool.address}/oauth2/token" if pool else "",
        "REVOKE_URL": f"{pool.address}/oauth2/revoke" if pool else "",
        "CLIENT_ID": client or "",
        **({"POOL_API": pool.api} if pool and _chosen(assistant, pool) else {}),
        **({"ADDRESSES": " ".join(addresses)} if addresses else {}),
    }


def _chosen(assistant: Assistant, pool: SignInPool | None) -> bool:
    """Whether a person may set up a second factor."""
    return bool(pool and assistant.second_factor == "optional")
