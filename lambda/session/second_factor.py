"""A person's own authenticator app in the user pool (TOTP, RFC 6238): its state, its setup, and its removal.

Once the app is set up, managed login asks for a code at each sign-in. Managed login has no page for the setup:
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
"""

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from sign_in_session import TRY_AGAIN_SECONDS, SignInFailure, answered

_APP = "SOFTWARE_TOKEN_MFA"
_CODE = re.compile(r"[0-9]{6}")


def second_factor(token: str, wanted: str) -> dict[str, Any]:
    """Do what is `wanted` for the person of the access token: `state`, `begin`, `off`, or a code of six digits.

    `begin` returns the `secret` for the app. A code that the app then shows completes the setup. Raises SignInFailure.
    """
    if wanted == "begin":
        return {"secret": _answer_of("AssociateSoftwareToken", token)["SecretCode"]}
    if _CODE.fullmatch(wanted):
        _answer_of("VerifySoftwareToken", token, {"UserCode": wanted})
        return _set(token, on=True)
    if wanted == "off":
        return _set(token, on=False)
    if wanted == "state":
        return {"on": _APP in (_answer_of("GetUser", token).get("UserMFASettingList") or [])}
    raise SignInFailure(400, "The code of an authenticator app has six digits.")


def _set(token: str, *, on: bool) -> dict[str, Any]:
    _answer_of("SetUserMFAPreference", token, {"SoftwareTokenMfaSettings": {"Enabled": on, "PreferredMfa": on}})
    return {"on": on}


def _answer_of(operation: str, token: str, more: Mapping[str, Any] | None = None) -> Any:
    """The answer of an operation of the pool that takes a person's token instead of a signature."""
    request = urllib.request.Request(  # noqa: S310 - https, see the stack
        os.environ["POOL_API"],
        json.dumps({"AccessToken": token, **(more or {})}).encode(),
        {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
        },
    )
    return answered(request, json.loads, _refused)


def _refused(error: urllib.error.HTTPError) -> SignInFailure:
    try:
        kind = str(json.load(error).get("__type", "")).rpartition("#")[2]
    except (OSError, ValueError, AttributeError):
        kind = ""
    if kind in ("EnableSoftwareTokenMFAException", "CodeMismatchException"):
        return SignInFailure(
            400, "The code is wrong or too old. Type the one that the app shows now.", cause="code-wrong"
        )
    if kind == "NotAuthorizedException":
        return SignInFailure(401, "This sign-in cannot change the second factor. Sign out, and sign in again.")
    if kind in ("TooManyRequestsException", "LimitExceededException") or error.code >= 500:
        return SignInFailure(
            503, "The sign-in service takes no more codes at the moment. Try again later.", TRY_AGAIN_SECONDS
        )
    return SignInFailure(500, f"The sign-in service refused the second factor ({kind or error.code}).")
