"""Second factors of users, with Cognito's decisions.

MiniStack 1.5.33 differs from Cognito in these points:

- It accepts a second factor in a pool without second factors, and without an access token.
- It enables an app as soon as the app is verified. Cognito enables it only with SetUserMFAPreference.
- It accepts a preference for an app that is not set up.

The developer guide and the API's model document the refusals. Error messages are Amazon's if they are documented or
reported:
no second factors in the pool: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
a wrong code at the setup: https://github.com/aws-samples/aws-amplify-auth-starters/issues/15
an app that is not verified: https://github.com/aws-amplify/amplify-js, the package auth
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cognito

APP = "SOFTWARE_TOKEN_MFA"
Operation = Callable[[dict[str, Any]], Any]


def install() -> None:
    """Wraps the operations; once per process."""
    cognito._associate_software_token = _for_a_person(cognito._associate_software_token)
    verify = _for_a_person(cognito._verify_software_token)

    def _verify_software_token(data: dict[str, Any]) -> Any:
        user = cognito._user_for_access_token(data.get("AccessToken")) or {}
        before = [*user.get("_mfa_enabled", [])], user.get("_preferred_mfa", "")
        reply = verify(data)
        if b'"Code mismatch"' in reply[2]:
            sentence = "Code mismatch and fail enable Software Token MFA"
            return cognito.error_response_json("EnableSoftwareTokenMFAException", sentence, 400)
        if reply[0] == 200 and user:
            user["_mfa_enabled"], user["_preferred_mfa"] = before
        return reply

    cognito._verify_software_token = _verify_software_token
    for name in ("_set_user_mfa_preference", "_admin_set_user_mfa_preference"):
        setattr(cognito, name, _verified(getattr(cognito, name)))


def has_app(pool: dict[str, Any], user: dict[str, Any]) -> bool:
    """Whether the user signs in with a code of an authenticator app."""
    return pool.get("MfaConfiguration", "OFF") != "OFF" and APP in user.get("_mfa_enabled", [])


def must_set_up(pool: dict[str, Any], user: dict[str, Any]) -> bool:
    """Whether the pool requires a code and the user has no authenticator app."""
    return pool.get("MfaConfiguration") == "ON" and APP not in user.get("_mfa_enabled", [])


def set_up(user: dict[str, Any], secret: str) -> None:
    """Enables an app with this secret; from now on the user signs in with its codes."""
    user |= {"_totp_secret": secret, "_mfa_enabled": [APP], "_preferred_mfa": APP}


def _for_a_person(operation: Operation) -> Operation:
    """The operation, refused without an access token or a session, and for a user of a pool without second factors."""

    def refusing(data: dict[str, Any]) -> Any:
        if data.get("AccessToken"):
            user, pool = cognito._user_pool_for_access_token(data["AccessToken"])
            if user is None:
                return cognito.error_response_json("NotAuthorizedException", "Invalid Access Token", 400)
            if pool.get("MfaConfiguration", "OFF") == "OFF":
                sentence = "Software Token MFA has not been enabled by the userPool"
                return cognito.error_response_json("SoftwareTokenMFANotFoundException", sentence, 400)
        elif not data.get("Session"):
            sentence = "The request takes an access token or a session string"
            return cognito.error_response_json("InvalidParameterException", sentence, 400)
        return operation(data)

    return refusing


def _verified(operation: Operation) -> Operation:
    """The operation, refused if it enables an app that the user has not set up."""

    def refusing(data: dict[str, Any]) -> Any:
        wanted = (data.get("SoftwareTokenMfaSettings") or {}).get("Enabled")
        user = cognito._user_for_access_token(data.get("AccessToken"))
        pool = cognito._user_pools.get(data.get("UserPoolId"))
        if user is None and pool:
            user, _ = cognito._resolve_user(pool, data.get("Username"))
        if wanted and user is not None and not user.get("_totp_secret"):
            sentence = "User has not verified software token mfa"
            return cognito.error_response_json("InvalidParameterException", sentence, 400)
        return operation(data)

    return refusing
