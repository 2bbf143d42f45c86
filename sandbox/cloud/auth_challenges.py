"""The challenges that follow a password in Cognito's API: each answer needs the session of its challenge.

If the pool requires a second factor and the user has none, the challenge is MFA_SETUP. AssociateSoftwareToken and
VerifySoftwareToken take its session, and each returns the next session.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
`MFAS_CAN_SETUP` and the sentences about sessions are from the package auth of
https://github.com/aws-amplify/amplify-js

MiniStack 1.5.33 returns tokens instead of MFA_SETUP. It also returns tokens to a client that answers a challenge
without its session: for NEW_PASSWORD_REQUIRED a user name is enough. It accepts any password for a user of another
identity provider.
"""

import base64
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ministack.services import cognito

from sandbox.cloud.second_factors import APP, has_app, must_set_up, set_up

NEW_PASSWORD, CODE, SETUP = "NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP"
EXTERNAL = "EXTERNAL_PROVIDER"
Record = dict[str, Any]
Operation = Callable[[Record], Any]


@dataclass(frozen=True)
class _Session:
    """A user of a pool who must answer a challenge.

    `secret` is the secret of the authenticator app. `verified` is True after the app's first code was right.
    """

    pool_id: str
    client_id: str
    name: str
    challenge: str
    until: float
    secret: str = ""
    verified: bool = False


def install() -> None:
    """Wraps the operations, after `second_factors`; once per process."""
    sessions = _Sessions()
    cognito._password_signin_refused = _without_password(cognito._password_signin_refused)
    cognito._password_auth_result = sessions.password_given(cognito._password_auth_result)
    for name in ("_respond_to_auth_challenge", "_admin_respond_to_auth_challenge"):
        setattr(cognito, name, sessions.answered(getattr(cognito, name)))
    cognito._associate_software_token = sessions.associated(cognito._associate_software_token)
    cognito._verify_software_token = sessions.verified(cognito._verify_software_token)


class _Sessions:
    def __init__(self) -> None:
        self._by_token: dict[str, _Session] = {}

    def password_given(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def _password_auth_result(pool: Record, pid: str, cid: str, user: Record, *args: Any, **named: Any) -> Any:
            if user.get("UserStatus") != "FORCE_CHANGE_PASSWORD" and must_set_up(pool, user):
                return self._challenge(pool, pid, cid, user, SETUP)
            status, headers, body = operation(pool, pid, cid, user, *args, **named)
            reply = json.loads(body)
            if "ChallengeName" in reply:
                reply["Session"] = self._begun(pool, pid, cid, user, reply["ChallengeName"])
                return cognito.json_response(reply)
            return status, headers, body

        return _password_auth_result

    def answered(self, operation: Operation) -> Operation:
        def _respond(data: Record) -> Any:
            challenge, token = data.get("ChallengeName"), str(data.get("Session"))
            if challenge not in (NEW_PASSWORD, CODE, SETUP):
                return operation(data)
            session = self._by_token.get(token)
            pool = cognito._user_pools.get(session.pool_id) if session else None
            given = data.get("ChallengeResponses") or {}
            user = cognito._resolve_user(pool, given.get("USERNAME"))[0] if pool else None
            if (
                session is None
                or pool is None
                or session.until < time.time()
                or (session.challenge, session.client_id) != (challenge, data.get("ClientId"))
                or user is None
                or user["Username"] != session.name
                or (challenge == SETUP and not session.verified)
            ):
                return _no_session()
            if challenge == SETUP:
                set_up(user, session.secret)
            reply = operation(data)
            if reply[0] != 200:
                return reply
            del self._by_token[token]
            if challenge == NEW_PASSWORD and must_set_up(pool, user):
                return self._challenge(pool, session.pool_id, session.client_id, user, SETUP)
            if challenge == NEW_PASSWORD and has_app(pool, user):
                return self._challenge(pool, session.pool_id, session.client_id, user, CODE)
            return reply

        return _respond

    def associated(self, operation: Operation) -> Operation:
        def begin(data: Record, session: _Session) -> Any:
            secret = base64.b32encode(secrets.token_bytes(20)).decode()
            reply = {"SecretCode": secret, "Session": self._next(data, replace(session, secret=secret))}
            return cognito.json_response(reply)

        return self._in_setup(operation, begin)

    def verified(self, operation: Operation) -> Operation:
        def check(data: Record, session: _Session) -> Any:
            if not cognito._totp_matches(session.secret, data.get("UserCode")):
                sentence = "Code mismatch and fail enable Software Token MFA"
                return cognito.error_response_json("EnableSoftwareTokenMFAException", sentence, 400)
            reply = {"Status": "SUCCESS", "Session": self._next(data, replace(session, verified=True))}
            return cognito.json_response(reply)

        return self._in_setup(operation, check)

    def _in_setup(self, operation: Operation, step: Callable[[Record, _Session], Any]) -> Operation:
        """Calls the operation for an access token, and the step for a session of MFA_SETUP."""

        def stepped(data: Record) -> Any:
            if data.get("AccessToken"):
                return operation(data)
            session = self._by_token.get(str(data.get("Session")))
            if session is None or session.challenge != SETUP or session.until < time.time():
                return _no_session()
            return step(data, session)

        return stepped

    def _next(self, data: Record, session: _Session) -> str:
        """Replaces the session; returns its new token."""
        del self._by_token[str(data["Session"])]
        return self._kept(session)

    def _challenge(self, pool: Record, pid: str, cid: str, user: Record, challenge: str) -> Any:
        parameters = {"USER_ID_FOR_SRP": user["Username"]}
        if challenge == SETUP:
            parameters["MFAS_CAN_SETUP"] = json.dumps([APP])
        session = self._begun(pool, pid, cid, user, challenge)
        reply = {"ChallengeName": challenge, "Session": session, "ChallengeParameters": parameters}
        return cognito.json_response(reply)

    def _begun(self, pool: Record, pid: str, cid: str, user: Record, challenge: str) -> str:
        seconds = 60 * float(pool["_clients"][cid].get("AuthSessionValidity") or 3)
        return self._kept(_Session(pid, cid, user["Username"], challenge, time.time() + seconds))

    def _kept(self, session: _Session) -> str:
        self._by_token = {key: session for key, session in self._by_token.items() if session.until > time.time()}
        token = secrets.token_urlsafe(32)
        self._by_token[token] = session
        return token


def _without_password(operation: Operation) -> Operation:
    """The check that refuses passwords; it also refuses every password for a user who has none."""

    def _password_signin_refused(user: Record) -> Any:
        if user.get("UserStatus") == EXTERNAL:
            return cognito.error_response_json("NotAuthorizedException", "Incorrect username or password.", 400)
        return operation(user)

    return _password_signin_refused


def _no_session() -> Any:
    return cognito.error_response_json("NotAuthorizedException", "Invalid session for the user.", 400)
