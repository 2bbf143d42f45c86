"""A trace as OpenTelemetry's protocol has it in JSON (OTLP 1.x), for collectors and other programs.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

from typing import Any

from osml.remote.traces import Span, Trace

_INTERNAL, _SERVER, _CLIENT = 1, 2, 3
_ERROR = 2
_NANOS = 1_000_000_000


def otlp(trace: Trace, service: str) -> dict[str, Any]:
    """The body of `POST /v1/traces`. Ids are hexadecimal, and times are texts, as the protocol requires."""
    id = trace.id.removeprefix("1-").replace("-", "")
    spans = [_span(id, span) for span in trace.spans]
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": [_text("service.name", service)]},
                "scopeSpans": [{"scope": {"name": "osml"}, "spans": spans}],
            }
        ]
    }


def _span(trace: str, span: Span) -> dict[str, Any]:
    called = _CLIENT if span.remote else _SERVER if span.parent is None else _INTERNAL
    written: dict[str, Any] = {
        "traceId": trace,
        "spanId": span.id,
        "name": span.name.removeprefix("## "),
        "kind": called,
        "startTimeUnixNano": str(int(span.began * _NANOS)),
        "endTimeUnixNano": str(int(span.ended * _NANOS)),
    }
    if span.parent:
        written["parentSpanId"] = span.parent
    if span.fault:
        written["status"] = {"code": _ERROR}
    if span.caller:
        _, linked, parent, _ = span.caller.split("-")
        written["links"] = [{"traceId": linked, "spanId": parent}]
    return written


def _text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}
