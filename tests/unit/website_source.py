"""A website on this machine, and the source that reads it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.source_runs import Stored, stored
from tests.website_server import Site, website

HERE = ["127.0.0.0/8"]


@pytest.fixture
def site() -> Iterator[Site]:
    with website() as running:
        running.page("/", "<title>Start</title><p>Welcome.</p><a href='/leave'>Leave</a> <a href='/pay#x'>Pay</a>")
        running.page("/leave", "<title>Leave</title><p>Thirty days.</p><a href='/'>Start</a><a href='/sick'>S</a>")
        running.page("/pay", "<title>Pay</title><p>On the first.</p><a href='http://elsewhere.example/x'>out</a>")
        running.page("/sick", "<title>Sick</title><p>Call us.</p>")
        yield running


def of(site: Site, start: str = "/", **settings: Any) -> Stored:
    given = {"start": [f"{site.url}{start}"], "networks": HERE, "delay": 0.0, **settings}
    return stored(kind="website", **given)
