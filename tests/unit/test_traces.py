"""`osml trace`: documents of X-Ray as a tree, and as OpenTelemetry's own classes read them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from typer.testing import CliRunner

from osml.main import app
from osml.remote.otlp import otlp
from osml.remote.traces import Trace, newest, read, trace_id, trace_of

ID = "1-5759e988-bd862e3fe1be46a994272793"
PARENT = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{PARENT}-00f067aa0ba902b7-01"
FUNCTION: dict[str, Any] = {"id": "a" * 16, "name": "ask", "start_time": 100.0, "end_time": 102.5}
ANSWER: dict[str, Any] = {
    "type": "subsegment",
    "id": "b" * 16,
    "parent_id": "a" * 16,
    "name": "## answer",
    "start_time": 100.5,
    "end_time": 102.25,
    "annotations": {"caller": CALLER},
}
MODEL = {"id": "c" * 16, "name": "The answer model", "start_time": 101.0, "end_time": 102.0, "namespace": "remote"}
BROKEN = MODEL | {"fault": True}


def apart() -> Trace:
    """The trace of separately sent subsegments."""
    return trace_of(ID, [BROKEN | {"parent_id": "b" * 16}, ANSWER, FUNCTION])


@pytest.mark.parametrize(
    "trace",
    [
        apart(),
        # The form in which X-Ray joins them.
        trace_of(ID, [FUNCTION | {"subsegments": [ANSWER | {"subsegments": [BROKEN]}]}]),
        # Without the function's own segment, as in the local cloud.
        trace_of(ID, [FUNCTION | {"parent_id": "d" * 16}, ANSWER | {"subsegments": [BROKEN]}]),
    ],
)
def test_parts_stand_below_those_around_them(trace: Trace) -> None:
    assert [(depth, span.name, span.fault) for depth, span in trace.tree] == [
        (0, "ask", False),
        (1, "## answer", False),
        (2, "The answer model", True),
    ]


def _hexadecimal(value: Any) -> Any:
    """The value with its ids in base64, as protobuf's classes read JSON; OpenTelemetry's JSON has hexadecimal ids."""
    if isinstance(value, list):
        return [_hexadecimal(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode() if key.endswith("Id") else _hexadecimal(item)
        for key, item in value.items()
    }


def test_opentelemetry_reads_what_is_written() -> None:
    written = json.loads(json.dumps(otlp(apart(), "osml-dev")))
    [resource] = ParseDict(_hexadecimal(written), ExportTraceServiceRequest()).resource_spans
    assert resource.resource.attributes[0].value.string_value == "osml-dev"
    function, answer, model = resource.scope_spans[0].spans
    assert {span.trace_id.hex() for span in (function, answer, model)} == {"5759e988bd862e3fe1be46a994272793"}
    assert (function.parent_span_id, answer.parent_span_id, model.parent_span_id) == (
        b"",
        function.span_id,
        answer.span_id,
    )
    kinds = [ProtoSpan.SPAN_KIND_SERVER, ProtoSpan.SPAN_KIND_INTERNAL, ProtoSpan.SPAN_KIND_CLIENT]
    assert [span.kind for span in (function, answer, model)] == kinds
    assert (answer.start_time_unix_nano, answer.end_time_unix_nano) == (100_500_000_000, 102_250_000_000)
    assert (model.status.code, answer.status.code) == (Status.STATUS_CODE_ERROR, Status.STATUS_CODE_UNSET)
    [link] = answer.links
    assert (link.trace_id.hex(), link.span_id.hex()) == (PARENT, "00f067aa0ba902b7")


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (ID, ID),
        (f"Root={ID};Parent=53995c3f42cd8ad8;Sampled=1", ID),
        ("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01", ID),
        ("5759E988BD862E3FE1BE46A994272793", ID),
        ("1-5759e988", None),
        ("c3dfb2a8-3d0a-4f0e-9f3a-1b2c3d4e5f60", None),
    ],
)
def test_ids_are_read_in_each_of_their_forms(text: str, id: str | None) -> None:
    assert trace_id(text) == id


@pytest.fixture
def xray() -> Iterator[Stubber]:
    with Stubber(boto3.client("xray", region_name="us-east-1")) as stub:
        yield stub


def _answer(*documents: dict[str, Any]) -> dict[str, Any]:
    segments = [{"Id": document["id"], "Document": json.dumps(document)} for document in documents]
    return {"Traces": [{"Id": ID, "Duration": 1.0, "Segments": segments}] if documents else []}


def test_a_trace_is_read_from_xray(xray: Stubber) -> None:
    xray.add_response("batch_get_traces", _answer(FUNCTION, ANSWER), {"TraceIds": [ID]})
    xray.add_response("batch_get_traces", _answer(), {"TraceIds": [ID]})
    parsed = read(xray.client, ID)
    assert parsed is not None
    assert [span.name for span in parsed.spans] == ["ask", "## answer"]
    assert read(xray.client, ID) is None


def test_the_newest_trace_is_that_with_the_latest_second(xray: Stubber) -> None:
    older = ID.replace("5759e988", "5759e987")
    xray.add_response("get_trace_summaries", {"TraceSummaries": [{"Id": ID}, {"Id": older}]})
    xray.add_response("get_trace_summaries", {"TraceSummaries": []})
    assert newest(xray.client, timedelta(minutes=15)) == ID
    assert newest(xray.client, timedelta(minutes=15)) is None


def test_a_text_that_is_no_id_is_refused() -> None:
    result = CliRunner().invoke(app, ["trace", "hello", "--env", "dev"])
    assert result.exit_code == 2
    assert "not a trace id" in " ".join(result.output.split())
