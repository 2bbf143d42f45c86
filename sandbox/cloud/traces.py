"""X-Ray: receives the subsegments that functions send, and shows their traces. MiniStack 1.5.33 has no X-Ray.

Amazon's services also add segments for the API's stage and for each function. These are missing here.
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
"""

import json
import os
import socket
import threading
from collections import OrderedDict
from typing import Any

from ministack import app
from ministack.core import router
from ministack.core.responses import get_region

from sandbox.front.admission import admit
from sandbox.front.authority import Authority
from sandbox.front.provider import ProviderInvocation
from sandbox.front.refusal import Refusal

SERVICE, DAEMON = "xray", "AWS_XRAY_DAEMON_ADDRESS"
_OPERATIONS = {"/Traces": "BatchGetTraces", "/TraceSummaries": "GetTraceSummaries"}
_MOST_TRACES, _DATAGRAM = 2_000, 65_536
_SEGMENT = ("id", "trace_id", "start_time", "end_time", "name")
Reply = tuple[int, dict[str, str], bytes]


class Traces:
    """The documents of the last 2,000 traces, by trace id and segment id."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, dict[str, dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, datagram: bytes) -> None:
        """Keep the document in a datagram. A malformed datagram is dropped, as the daemon does."""
        header, _, body = datagram.partition(b"\n")
        try:
            document = json.loads(body)
            if json.loads(header) != {"format": "json", "version": 1} or not all(document[name] for name in _SEGMENT):
                return
        except (ValueError, KeyError, TypeError):
            return
        with self._lock:
            self._kept.setdefault(document["trace_id"], {})[document["id"]] = document
            while len(self._kept) > _MOST_TRACES:
                self._kept.popitem(last=False)

    def of(self, ids: list[str]) -> dict[str, Any]:
        """The answer of BatchGetTraces for these trace ids."""
        with self._lock:
            kept = {id: list(self._kept[id].values()) for id in ids if id in self._kept}
        traces = [
            {
                "Id": id,
                "Duration": _duration(documents),
                "LimitExceeded": False,
                "Segments": [{"Id": document["id"], "Document": json.dumps(document)} for document in documents],
            }
            for id, documents in kept.items()
        ]
        return {"Traces": traces, "UnprocessedTraceIds": [id for id in ids if id not in kept]}

    def between(self, begin: float, end: float) -> dict[str, Any]:
        """The answer of GetTraceSummaries for traces that began in this period (seconds since the epoch)."""
        with self._lock:
            known = {id: list(documents.values()) for id, documents in self._kept.items()}
        begun = {id: min(document["start_time"] for document in documents) for id, documents in known.items()}
        those = [id for id, start in begun.items() if begin <= start <= end]
        summaries = [
            {
                "Id": id,
                "Duration": _duration(known[id]),
                "HasFault": any(document.get("fault") for document in known[id]),
            }
            for id in those
        ]
        return {"TraceSummaries": summaries, "TracesProcessedCount": len(those), "ApproximateTime": end}


def install(authority: Authority) -> Traces:
    """Listens in place of X-Ray's daemon and registers the service; once per process.

    Functions find the daemon by the environment variable AWS_XRAY_DAEMON_ADDRESS.
    """
    traces, receiving = Traces(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiving.bind(("127.0.0.1", 0))
    os.environ[DAEMON] = f"127.0.0.1:{receiving.getsockname()[1]}"

    def listen() -> None:
        while True:
            traces.take(receiving.recv(_DATAGRAM))

    threading.Thread(target=listen, name="traces", daemon=True).start()
    router.SERVICE_PATTERNS[SERVICE] = {"host_patterns": [r"xray\."], "credential_scope": SERVICE}

    async def xray(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Reply:
        operation = _OPERATIONS.get(path)
        if method != "POST" or operation is None:
            return _written(404, {"__type": "UnknownOperationException", "Message": "It is not known here."})
        try:
            key = router.extract_access_key_id(headers, query_params)
            caller = authority.credential(key, headers.get("x-amz-security-token")).caller
            admit(authority, caller, ProviderInvocation(SERVICE, get_region(), f"{SERVICE}:{operation}", ("*",)), None)
            request = json.loads(body or b"{}")
            answer = (
                traces.of(list(request["TraceIds"]))
                if operation == "BatchGetTraces"
                else traces.between(float(request["StartTime"]), float(request["EndTime"]))
            )
        except Refusal as refusal:
            said = json.loads(refusal.encoded())
            message = said.get("message") or said.get("Message")
            return _written(refusal.status, {"__type": "AccessDeniedException", "Message": message})
        except (ValueError, KeyError, TypeError):
            return _written(400, {"__type": "InvalidRequestException", "Message": "The request is malformed."})
        return _written(200, answer)

    app.SERVICE_HANDLERS[SERVICE] = xray
    return traces


def _duration(documents: list[dict[str, Any]]) -> float:
    began = min(document["start_time"] for document in documents)
    return float(max(document["end_time"] for document in documents) - began)


def _written(status: int, answer: dict[str, Any]) -> Reply:
    headers = {"Content-Type": "application/json"}
    if status >= 400:
        headers["x-amzn-ErrorType"] = str(answer["__type"])
    return status, headers, json.dumps(answer).encode()
