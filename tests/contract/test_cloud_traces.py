"""X-Ray in the local cloud: the segments that a function sends form a trace, and callers need permission to read it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from osml.remote.traces import newest, read
from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud
from tests.contract.streaming_function import asset, client, create
from tests.waiting import until

cloud = cloud_process.cloud

TRACING = Path(__file__).parents[2] / "lambda" / "aws" / "tracing.py"
READS = {"Action": ["xray:BatchGetTraces", "xray:GetTraceSummaries"], "Resource": "*"}
UNKNOWN = "1-5759e988-bd862e3fe1be46a994272793"
CALLS = """
import os, socket
from tracing import DAEMON, subsegment
def handler(event, context):
    host, port = os.environ[DAEMON].split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        for datagram in (b"", b"{}", b'{"format": "json", "version": 1}\\n[]', b"\\xff\\n{}"):
            daemon.sendto(datagram, (host, int(port)))
    with subsegment("## answer"), subsegment("The answer model", remote=True):
        pass
"""


@pytest.fixture(scope="module")
def reader(cloud: Cloud) -> dict[str, str]:
    return cloud.caller("reader", READS)


def test_a_traced_call_is_a_trace_and_an_untraced_one_is_none(cloud: Cloud, reader: dict[str, str]) -> None:
    code = asset({"index.py": CALLS, "tracing.py": TRACING.read_text()})
    create(cloud, "plain", code, Environment={})
    create(cloud, "traced", code, Environment={}, TracingConfig={"Mode": "Active"})
    xray = cloud.client("xray", **reader)
    for name in ("plain", "traced"):
        assert "FunctionError" not in client(cloud, "lambda").invoke(FunctionName=name)
    id = until("a trace", lambda: newest(xray, timedelta(minutes=5)))
    trace = read(xray, id or "")
    assert trace is not None
    assert [(depth, span.name, span.remote) for depth, span in trace.tree] == [
        (0, "## answer", False),
        (1, "The answer model", True),
    ]
    now = datetime.now(UTC)
    # botocore sends whole seconds.
    span = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(seconds=1)}
    assert len(xray.get_trace_summaries(**span)["TraceSummaries"]) == 1
    assert xray.batch_get_traces(TraceIds=[UNKNOWN])["UnprocessedTraceIds"] == [UNKNOWN]


def test_callers_without_the_permission_see_no_trace(cloud: Cloud) -> None:
    keys = cloud.caller("other", {"Action": "xray:GetTraceSummaries", "Resource": "*"})
    with pytest.raises(ClientError, match="not authorized to perform: xray:BatchGetTraces"):
        cloud.client("xray", **keys).batch_get_traces(TraceIds=[UNKNOWN])
    with pytest.raises(ClientError, match="UnknownOperation"):
        cloud.client("xray", **keys).get_groups()
