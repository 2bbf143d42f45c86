"""The step of managed login after the password: a code of the user's authenticator app, or the setup of an app.

If the pool requires MFA, managed login prompts users without an app to set one up. If MFA is optional, it does not:
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
"""

import base64
import html
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ministack.services import cognito

from sandbox.cloud.second_factors import has_app, must_set_up, set_up

Reply = tuple[int, dict[str, str], bytes]
FIELD = "factor_token"
# Cognito's default of AuthSessionValidity.
SECONDS = 180.0
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class _Waiting:
    """A sign-in that waits for the code: `reply` is sent after it.

    `secret` is the secret of an app that the user sets up, or empty.
    """

    reply: Reply
    pool_id: str
    name: str
    until: float
    secret: str


class FactorSteps:
    """The users whose password was right and who must still enter a code."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}

    def begun(self, pool_id: str, pool: dict[str, Any], name: str, reply: Reply, action: str) -> Reply | None:
        """The form for the code, which posts to `action`; None for a user who needs no code."""
        user = pool["_users"][name]
        new = must_set_up(pool, user)
        if not new and not has_app(pool, user):
            return None
        token = secrets.token_urlsafe(24)
        secret = base64.b32encode(secrets.token_bytes(20)).decode() if new else ""
        self._waiting[token] = _Waiting(reply, pool_id, name, time.time() + SECONDS, secret)
        return _form(action, token, self._waiting[token])

    def coded(self, pool_id: str, pool: dict[str, Any], token: str, code: str, action: str) -> tuple[Reply, str | None]:
        """Checks the code.

        Returns the waiting reply and the user's name. With a wrong code, returns the form again and None. After
        `SECONDS`, returns a page with an error and None.
        """
        waiting = self._waiting.get(token)
        if waiting is None or waiting.until < time.time() or waiting.pool_id != pool_id:
            return page(400, "The session has expired. Sign in again."), None
        user = pool["_users"][waiting.name]
        if not cognito._totp_matches(waiting.secret or user.get("_totp_secret", ""), code):
            return _form(action, token, waiting, "The code is wrong."), None
        del self._waiting[token]
        if waiting.secret:
            set_up(user, waiting.secret)
        return waiting.reply, waiting.name


def page(status: int, sentence: str) -> Reply:
    """A page with one sentence."""
    text = f"<!DOCTYPE html><html lang=en><title>Sign in</title><h1>Sign in</h1><p>{html.escape(sentence)}</p></html>"
    return status, HTML, text.encode()


def _form(action: str, token: str, waiting: _Waiting, wrong: str = "") -> Reply:
    said = f'<div class="error" role="alert">{html.escape(wrong)}</div>' if wrong else ""
    title = "Set up an authenticator app" if waiting.secret else "Sign in"
    text = (
        f"<!DOCTYPE html><html lang=en><title>{title}</title><h1>{title}</h1>{said}{_setup(waiting)}"
        f'<form method="POST" action="{action}"><input type="hidden" name="{FIELD}" value="{token}">'
        '<label for="factor_code">Code of your authenticator app</label>'
        '<input id="factor_code" name="factor_code" inputmode="numeric" autocomplete="one-time-code" required>'
        '<button type="submit">Sign in</button></form></html>'
    )
    return 200, HTML, text.encode()


def _setup(waiting: _Waiting) -> str:
    """The HTML with the secret for the app, and with a link that opens an app on this machine."""
    if not waiting.secret:
        return ""
    address = f"otpauth://totp/{quote(waiting.name)}?{urlencode({'secret': waiting.secret})}"
    return (
        "<p>This user pool requires an authenticator app. Give it this secret, and type the code that it shows.</p>"
        f'<p><code id="factor_secret">{waiting.secret}</code> <a href="{html.escape(address)}">Open the app</a></p>'
    )
