"""Subsegments, as an X-Ray daemon receives them."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

import pytest

from aws.tracing import DAEMON, TRACE, subsegment

ROOT, PARENT = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
SAMPLED = f"Root={ROOT};Parent={PARENT};Sampled=1;Lineage=1:a87bd80c:0"


class Daemon:
    def __init__(self, receiving: socket.socket) -> None:
        self._socket = receiving

    def received(self) -> list[dict[str, Any]]:
        """Everything that was received, in order."""
        segments: list[dict[str, Any]] = []
        while True:
            try:
                datagram = self._socket.recv(65_536)
            except BlockingIOError:
                return segments
            header, _, document = datagram.partition(b"\n")
            assert json.loads(header) == {"format": "json", "version": 1}
            segments.append(json.loads(document))


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiving:
        receiving.bind(("127.0.0.1", 0))
        receiving.setblocking(False)
        monkeypatch.setenv(DAEMON, f"127.0.0.1:{receiving.getsockname()[1]}")
        monkeypatch.setenv(TRACE, SAMPLED)
        yield Daemon(receiving)


def test_one_within_another_names_it_as_its_parent(daemon: Daemon) -> None:
    with subsegment("## answer"), subsegment("The search engine", remote=True):
        pass
    inner, outer = daemon.received()
    assert (outer["name"], outer["parent_id"], outer["trace_id"]) == ("## answer", PARENT, ROOT)
    assert (inner["name"], inner["parent_id"], inner["trace_id"]) == ("The search engine", outer["id"], ROOT)
    assert (inner["namespace"], "namespace" in outer) == ("remote", False)
    assert inner["type"] == outer["type"] == "subsegment"
    assert outer["start_time"] <= inner["start_time"] <= inner["end_time"] <= outer["end_time"]


TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("header", "annotated"),
    [
        (TRACEPARENT, {"annotations": {"caller": TRACEPARENT}}),
        (TRACEPARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32), {}),
        (f"{TRACEPARENT}\nhush", {}),
        ("", {}),
    ],
)
def test_the_trace_of_the_caller_is_named_if_it_is_one(daemon: Daemon, header: str, annotated: object) -> None:
    with subsegment("## answer", caller=header):
        pass
    [sent] = daemon.received()
    assert {key: value for key, value in sent.items() if key == "annotations"} == annotated


def test_a_thread_in_the_same_context_goes_on_with_the_trace(daemon: Daemon) -> None:
    def work() -> None:
        with subsegment("inner"):
            pass

    with subsegment("outer"):
        thread = threading.Thread(target=copy_context().run, args=(work,))
        thread.start()
        thread.join()
    inner, outer = daemon.received()
    assert inner["parent_id"] == outer["id"]


def test_a_fault_is_marked_without_its_words(daemon: Daemon) -> None:
    with pytest.raises(ValueError, match="hush"), subsegment("call"):
        raise ValueError("hush")
    with subsegment("next"):
        pass
    broken, sound = daemon.received()
    assert (broken["fault"], "fault" in sound) == (True, False)
    assert "hush" not in json.dumps(broken)
    assert sound["parent_id"] == PARENT


@pytest.mark.parametrize(
    "header", ["", f"Root={ROOT};Parent={PARENT};Sampled=0", f"Root={ROOT};Sampled=1", "Sampled=1", "odd"]
)
def test_a_call_that_is_not_sampled_sends_nothing(daemon: Daemon, monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    monkeypatch.setenv(TRACE, header)
    with subsegment("call"):
        pass
    assert daemon.received() == []


def test_names_hold_what_x_ray_takes(daemon: Daemon) -> None:
    with subsegment("a (b) [c]! " + "x" * 300):
        pass
    (segment,) = daemon.received()
    assert segment["name"] == ("a b c " + "x" * 300)[:200]


def test_the_daemons_address_may_name_two_protocols(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    address = os.environ[DAEMON]
    monkeypatch.setenv(DAEMON, f"tcp:127.0.0.1:1 udp:{address}")
    with subsegment("call"):
        pass
    assert len(daemon.received()) == 1


@pytest.mark.parametrize("address", [None, "", "nonsense", "no.such.host.invalid:2000"])
def test_without_a_daemon_the_work_is_done(monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    monkeypatch.setenv(TRACE, SAMPLED)
    monkeypatch.delenv(DAEMON, raising=False)
    if address is not None:
        monkeypatch.setenv(DAEMON, address)
    done = []
    with subsegment("call"):
        done.append(1)
    assert done == [1]
