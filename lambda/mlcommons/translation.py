"""Turns answers with status 400 or above into `ProvisioningError`s; no other module does so."""

import re
from typing import Any

from calls.redaction import redacted
from calls.retry_after import asked_to_wait
from calls.starting import NO_CAPACITY
from mlcommons import errors
from mlcommons.cause import Cause
from mlcommons.collection import Collection
from mlcommons.errors import ProvisioningError
from mlcommons.recognition import recognized
from mlcommons.transport import Response

# A block of the cluster or an index. ml-commons 3.4 answers it with its own 500, the security plugin with a 500 that
# has it in its text.
_BLOCKED = re.compile(r"blocked by: \[[A-Z_]+/\d+/")

# With the first connector of a cluster, or some seconds after its start, ml-commons (3.4) makes the key that
# encrypts credentials; another create of a connector at the same moment gets this 404, and nothing was done.
_NO_KEY_YET = "encryption master key has not been initialized yet"

# Amazon's text begins with the ARN of the caller's session, so long that the missing permission would be cut off.
_DENIED = re.compile(
    r"User: arn:\S+?:(?:assumed-role|role|user)/([\w+=,.@-]+)\S* is not authorized to perform: (\w+:\w+)"
)

# Hints by pattern. The patterns are less exact than those of `recognition`, because here the text is always a refusal
# of the engine or a provider.
_HINTS: tuple[tuple[str, Cause | None, str], ...] = (
    (r"iam:PassRole", "pass-role-missing", "Grant the signing role iam:PassRole on the connector role."),
    (
        r"no permissions for .*(backend_roles|user)",
        "role-mapping-missing",
        "Map the signing role's ARN to an OpenSearch role (ml_full_access).",
    ),
    (
        r"trusted connector endpoint regex",
        "endpoint-not-trusted",
        "Add the endpoint to the trusted endpoints (Custom::MlTrustedEndpoints).",
    ),
    (r"private ip|host name .*private", "private-address", "The engine calls only public addresses."),
    (
        r"ResourceNotFoundException.*secret|secret.*(not exist|not found|can't find)",
        "secret-missing",
        "Store the key with `osml secret set`, then deploy again.",
    ),
    (
        r"secret.*(json|key)|credential\.secretArn",
        "secret-key-missing",
        "Add the key that the connector names after credential.secretArn to the secret's JSON.",
    ),
    (
        r"es:ESHttp\w+ is not allowed",
        "request-not-allowed",
        "Allow the signing role this action on the domain.",
    ),
    (
        r"sts:AssumeRole|assume(?!d-role/).*role",
        "role-not-assumable",
        "The connector role must trust the service (opensearchservice.amazonaws.com).",
    ),
    (
        NO_CAPACITY,
        "model-starting",
        "The model was stopped while nobody asked, and is starting. Try again in some minutes.",
    ),
    (r"InvokeEndpoint|InvokeModel", "model-call-denied", "Allow the connector role to invoke the model."),
    # ml-commons before 3.2 answers 400 with this text if the provider sends any error status without a body.
    (r"No response from model", None, "The provider answered without a message. See its log."),
    (
        # Few words between the two: "Invalid or expired token", not "Invalid JSON: unexpected token".
        r"authentication|api key|unauthorized|\binvalid[ _](\w+[- _]){0,3}(key|token)\b",
        "key-refused",
        "The provider does not accept the key in the secret.",
    ),
)
_REFUSED = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), cause, hint) for pattern, cause, hint in _HINTS)


def error_of(tried: str, answer: Response, collection: Collection | None = None) -> ProvisioningError:
    """Return the error for an answer with status 400 or above; `tried` starts its sentence."""
    reason = redacted(_DENIED.sub(r"\2 is not allowed to \1", reason_of(answer.body)), answer.status)
    reason = reason if reason.startswith(str(answer.status)) else f"{answer.status} {reason}".strip()
    cause, hint = _meant(answer, reason)
    hint = (collection.hint(answer) if collection else "") or hint
    error = _class_of(answer)(tried, reason, hint, recognized(reason) or cause)
    error.status = answer.status
    error.retry_after = asked_to_wait(answer.headers)
    return error


def reason_of(body: Any) -> str:
    """Return the sentence in an error body of the engine, of IAM or of a provider."""
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


def _class_of(answer: Response) -> type[ProvisioningError]:
    if _BLOCKED.search(str(answer.body)):
        return errors.Blocked
    known: dict[int, type[ProvisioningError]] = {
        400: errors.Rejected,
        401: errors.PermissionMissing,
        403: errors.PermissionMissing,
        409: errors.Conflict,
        429: errors.EngineThrottled,
    }
    if answer.status == 400 and "resource_already_exists_exception" in str(answer.body):
        return errors.Conflict
    if answer.status == 404 and _NO_KEY_YET in str(answer.body):
        return errors.EngineFailed
    if answer.status == 404:
        if _about_the_object(answer.body):
            return errors.NotFound
        return errors.Rejected if "remote service" in str(answer.body) else errors.Unreachable
    if answer.status in known:
        return known[answer.status]
    return errors.EngineFailed if answer.status >= 500 else errors.Rejected


def _about_the_object(body: Any) -> bool:
    """Whether a 404 is the engine's own, and not that of a load balancer or of an unknown domain.

    Pipelines answer `{}`, the security API `{"status": "NOT_FOUND"}`, the rest
    `{"error": {…}, "status": 404}`, a delete of a document `{"result": "not_found"}`.
    """
    if body == {}:
        return True
    if not isinstance(body, dict):
        return False
    error = body.get("error")
    # A collection's gateway answers `{"reason": "404 Not Found", …}` for paths that name no object of the engine.
    of_engine = isinstance(error, dict) and body.get("status") == 404 and error.get("reason") != "404 Not Found"
    if of_engine and "remote service" in str(body):  # _predict passes a provider's 404 on unchanged
        return False
    return of_engine or body.get("status") == "NOT_FOUND" or body.get("result") == "not_found"


def _meant(answer: Response, reason: str) -> tuple[Cause | None, str]:
    """The cause (None if that of the class fits best) and the hint (may be empty)."""
    if _BLOCKED.search(reason):
        return "writes-blocked", "No permission is missing. Free disk space, or remove the block."
    if answer.status == 404 and "remote service" in reason:
        return "endpoint-not-in-service", "The provider does not know this endpoint or model."
    if answer.status == 404 and not _about_the_object(answer.body):
        return None, "The answer is not OpenSearch's. Check that the endpoint is the right domain."
    for pattern, cause, hint in _REFUSED:
        if pattern.search(reason):
            return cause, hint
    if answer.status in (401, 403):
        return None, "Check the signing role's IAM policy on the domain and its role mapping."
    return None, ""
