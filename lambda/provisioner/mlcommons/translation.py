"""Foreign errors become ours, in this one place: an answer of 400 or more in, one `ProvisioningError` out."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from mlcommons import errors
from mlcommons.collection import Collection
from mlcommons.errors import ProvisioningError
from mlcommons.transport import Answer

# By their own form, or by the word before them: keys of many providers have no form. A secret's ARN is none.
_SECRETS = re.compile(
    r"(?i)((?<!:)(?:key|token|password|secret)(?: provided)?[\\\"']*\s*[:=]\s*)\S{6,}"
    r"|(?<=bearer )\S+|\bsk-[\w-]{6,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}"
)
# In a provider's 401 any word with letters and digits that is as long as keys are; the ARN of a role is none.
_LIKE_A_KEY = re.compile(r"(?<!\S)(?!\S*arn:)(?=\S*\d)(?=\S*[A-Za-z])\S{16,}")

# ml-commons 3.4 wraps it in a 500 of its own, and the security plugin in the text of a 500.
_BLOCKED = re.compile(r"blocked by: \[[A-Z_]+/\d+/")

# With the first connector of a cluster, or some seconds after its start, ml-commons (3.4) makes the key that it
# encrypts credentials with; who makes another connector at the same moment gets this 404, and nothing was done.
_NO_KEY_YET = "encryption master key has not been initialized yet"

# Amazon begins with the ARN of the caller's session: so long that the permission it lacks would not be shown.
_DENIED = re.compile(
    r"User: arn:\S+?:(?:assumed-role|role|user)/([\w+=,.@-]+)\S* is not authorized to perform: (\w+:\w+)"
)

_HINTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), hint)
    for pattern, hint in (
        (r"iam:PassRole", "Grant the signing role iam:PassRole on the connector role."),
        (
            r"no permissions for .*(backend_roles|user)",
            "Map the signing role's ARN to an OpenSearch role (ml_full_access).",
        ),
        (
            r"trusted connector endpoint regex",
            "Add the endpoint to the trusted endpoints (Custom::MlTrustedEndpoints).",
        ),
        (r"private ip|host name .*private", "The engine may call public addresses only."),
        (
            r"ResourceNotFoundException.*secret|secret.*(not exist|not found|can't find)",
            "Store the key with `osml secret set`, then deploy again.",
        ),
        (
            r"secret.*(json|key)|credential\.secretArn",
            "The secret's JSON lacks the key that the connector names after credential.secretArn.",
        ),
        (r"es:ESHttp\w+ is not allowed", "Allow the signing role this action on the domain."),
        (
            r"sts:AssumeRole|assume(?!d-role/).*role",
            "The connector role must trust the service (opensearchservice.amazonaws.com).",
        ),
        (r"InvokeEndpoint|InvokeModel", "Allow the connector role to invoke the model."),
        (
            r"authentication|api key|unauthorized|invalid.*(key|token)",
            "The provider does not accept the key in the secret.",
        ),
    )
)


def error_of(tried: str, answer: Answer, collection: Collection | None = None) -> ProvisioningError:
    """Return the error that an answer of status 400 or more means; `tried` starts its sentence."""
    reason = redacted(_DENIED.sub(r"\2 is not allowed to \1", reason_of(answer.body)), answer.status)
    cause = reason if reason.startswith(str(answer.status)) else f"{answer.status} {reason}".strip()
    hint = (collection.hint(answer) if collection else "") or _hint(answer, reason)
    error = _class_of(answer)(tried, cause, hint)
    error.status = answer.status
    error.retry_after = _seconds(answer.headers)
    return error


def reason_of(body: Any) -> str:
    """Find the sentence inside an error body of the engine, of IAM or of a provider."""
    if not isinstance(body, dict):
        return " ".join(str(body or "").split())
    error = body.get("error")
    if isinstance(error, dict):
        causes = [error]
        while isinstance(causes[-1].get("caused_by"), dict):
            causes.append(causes[-1]["caused_by"])
        reasons = [str(cause.get("reason") or cause.get("type") or "") for cause in causes]
        return "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    for name in ("message", "Message", "reason", "error"):
        if isinstance(body.get(name), str):
            return str(body[name])
    return str(body)


def redacted(text: str, status: int | None = None) -> str:
    """Hide what looks like a key; providers echo the one they refuse, with the `status` 401."""
    text = _SECRETS.sub(r"\1…", text)
    return _LIKE_A_KEY.sub("…", text) if status == HTTPStatus.UNAUTHORIZED else text


def _class_of(answer: Answer) -> type[ProvisioningError]:
    if _BLOCKED.search(str(answer.body)):
        return errors.Blocked
    known: dict[int, type[ProvisioningError]] = {
        400: errors.Rejected,
        401: errors.Refused,
        403: errors.Refused,
        409: errors.Conflict,
        429: errors.Throttled,
    }
    if answer.status == 400 and "resource_already_exists_exception" in str(answer.body):
        return errors.Conflict
    if answer.status == 404 and _NO_KEY_YET in str(answer.body):
        return errors.Failed
    if answer.status == 404:
        if _about_the_object(answer.body):
            return errors.NotFound
        return errors.Rejected if "remote service" in str(answer.body) else errors.Unreachable
    if answer.status in known:
        return known[answer.status]
    return errors.Failed if answer.status >= 500 else errors.Rejected


def _about_the_object(body: Any) -> bool:
    """Tell the engine's own 404 from one of a load balancer or of an unknown domain.

    Pipelines answer `{}`, the security API `{"status": "NOT_FOUND"}`, the rest
    `{"error": {…}, "status": 404}`, a delete of a document `{"result": "not_found"}`.
    """
    if body == {}:
        return True
    if not isinstance(body, dict):
        return False
    error = body.get("error")
    # A collection's gateway says `{"reason": "404 Not Found", …}` of what is not an object of the engine.
    of_engine = isinstance(error, dict) and body.get("status") == 404 and error.get("reason") != "404 Not Found"
    if of_engine and "remote service" in str(body):  # a provider's 404 comes through _predict unchanged
        return False
    return of_engine or body.get("status") == "NOT_FOUND" or body.get("result") == "not_found"


def _hint(answer: Answer, reason: str) -> str:
    if _BLOCKED.search(reason):
        return "No permission is missing: free disk space, or lift the block."
    if answer.status == 404 and "remote service" in reason:
        return "The provider does not know this endpoint or model."
    if answer.status == 404 and not _about_the_object(answer.body):
        return "That is not OpenSearch's own answer: is the endpoint the right domain?"
    for pattern, hint in _HINTS:
        if pattern.search(reason):
            return hint
    if answer.status in (401, 403):
        return "Check the signing role's IAM policy on the domain and its role mapping."
    return ""


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by Retry-After: a number, or a date that is compared with the server's own clock."""
    text = headers.get("retry-after", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        until = _date(text)
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
