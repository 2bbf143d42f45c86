"""When a caller gets a function's answer, all that the function wrote before is in its log, on a busy machine, too."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.cloud_process import Cloud
from tests.contract.streaming_function import asset, client, create
from tests.contract.test_cloud_streaming import cloud as patient_cloud

cloud = patient_cloud

# MiniStack returns at most 10,000 events.
LINES, CALLS, AT_ONCE = 150, 40, 8
WRITES = f"""
import sys
def handler(event, context):
    for number in range({LINES}):
        print("line", event["call"], number, file=sys.stderr if number % 2 else sys.stdout)
    print("é" * 70_000 if event.get("long") else "last", event["call"], "end")
    if event.get("fail"):
        raise ValueError("asked to fail")
"""
PLAIN = '#!/bin/sh\nexec "$@"\n'


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_log_of_a_call_is_complete_when_it_is_answered(cloud: Cloud, wrapped: bool) -> None:
    name = f"writes-{wrapped}".lower()
    code = asset({"index.py": WRITES, "run": PLAIN}, executable=("run",))
    create(cloud, name, code, **({} if wrapped else {"Environment": {"Variables": {}}}))

    def call(number: int) -> None:
        event = {"call": number, "long": number % 5 == 0, "fail": number % 7 == 0}
        answer = client(cloud, "lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
        assert ("FunctionError" in answer) == event["fail"]
        written = logged(cloud, name)
        assert [line for line in written if line.endswith(f" {number} end")]

    client(cloud, "logs")
    with ThreadPoolExecutor(AT_ONCE) as several:
        list(several.map(call, range(CALLS)))
    lines = logged(cloud, name)
    begun = {"line ": LINES * CALLS, "START RequestId": CALLS, "REPORT RequestId": CALLS}
    assert {start: sum(line.startswith(start) for line in lines) for start in begun} == begun
    events = client(cloud, "logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert len({event["eventId"] for event in events}) == len(events)


def logged(cloud: Cloud, name: str) -> list[str]:
    events = client(cloud, "logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [line.strip() for event in events for line in event["message"].splitlines()]
