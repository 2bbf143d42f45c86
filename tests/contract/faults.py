"""The faults of the matrix: what AWS, a load balancer, the network and the engine itself do to a request."""

import math

from mlcommons import Response
from tests.contract.fault_proxy import Fault, Spoiled

_DENIED = {
    "Message": "User: arn:aws:sts::111122223333:assumed-role/osml-provisioner/osml is not authorized to perform: "
    "es:ESHttpPut because no identity-based policy allows the es:ESHttpPut action"
}


def _engine_error(kind: str, reason: str | None, status: int) -> Response:
    error = {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}
    return Response(status, {"error": error, "status": status}, {"content-type": "application/json"})


def _always(name: str, answer: Response, *, done: bool = False, seconds: float = 0.0) -> Fault:
    return Fault(name, lambda _: Spoiled(done, answer), seconds)


def _in_turn(name: str, seconds: float, *answers: Response) -> Fault:
    return Fault(name, lambda met: Spoiled(done=False, answer=answers[met % len(answers)]), seconds)


FAULTS = (
    _always("429", Response(429, {"message": "Too Many Requests"})),
    _always("429, Retry-After: 3", Response(429, {"message": "Too Many Requests"}, {"retry-after": "3"})),
    _always(
        "429, Retry-After: a date",
        Response(
            429,
            "Too Many Requests",
            {"date": "Sat, 21 Nov 2026 12:00:00 GMT", "retry-after": "Sat, 21 Nov 2026 12:00:03 GMT"},
        ),
    ),
    _always("500, not done", _engine_error("null_pointer_exception", 'Cannot invoke "Object.toString()"', 500)),
    _always("500, done", _engine_error("status_exception", "Failed to parse search response", 500), done=True),
    _always("502, done", Response(502, "<html><body><h1>502 Bad Gateway</h1></body></html>"), done=True),
    _always("503, not done", Response(503, {"message": "Service Unavailable"})),
    _always("504, done", Response(504, {"message": "Endpoint request timed out"}), done=True),
    _in_turn(
        "403 for ten seconds",
        10.0,
        Response(403, _DENIED),
        _engine_error("security_exception", "no permissions for [cluster:admin/x] and User [name=arn:x]", 403),
    ),
    Fault("connection refused", refused=True),
    Fault("reset before it arrived", lambda _: Spoiled(done=False)),
    Fault("reset after it arrived", lambda _: Spoiled(done=True)),
    Fault("answer torn off", lambda _: Spoiled(done=True, kept=0.5, torn=True)),
    Fault("half an answer", lambda _: Spoiled(done=True, kept=0.5)),
    Fault("30 s of silence", lambda _: Spoiled(done=True, silent=30.0)),
    Fault("silence", lambda _: Spoiled(done=True, silent=math.inf)),
    _in_turn(
        "re-election",
        8.0,
        _engine_error("cluster_manager_not_discovered_exception", None, 503),
        _engine_error(
            "process_cluster_event_timeout_exception",
            "failed to process cluster event (put-pipeline-x) within 30s",
            503,
        ),
    ),
    Fault("read-only block", seconds=8.0, blocked=True),
)
