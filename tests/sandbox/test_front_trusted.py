from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from sandbox.front.engine import EngineConnections, EngineRefused
from sandbox.front.listener import Listener
from sandbox.front.refusal import EngineUnreachable
from sandbox.front.request import FrontRequest, FrontResponse
from sandbox.front.trusted import SETTING, TrustedSetting
from sandbox.front.upstream import Upstream
from sandbox.front.url_rewriter import UrlRewriter

DEFAULTS = ["^https://default/.*$|^https://another%20one/.*$"]


class _Settings:
    """The part of `_cluster/settings` that the trusted list needs, in OpenSearch 3.4.0's form."""

    def __init__(self) -> None:
        self.persistent: dict[str, list[str]] = {}
        self.refuses = False

    def respond(self, request: FrontRequest) -> FrontResponse:
        if self.refuses:
            return FrontResponse(400, (), b'{"error": {"reason": "no such thing"}, "status": 400}')
        if request.method == "PUT":
            for name, value in json.loads(request.body)["persistent"].items():
                self.persistent.pop(name, None)
                if value is not None:
                    self.persistent[name] = value
        defaults = {} if self.persistent else {SETTING: DEFAULTS}
        body = {"persistent": self.persistent, "transient": {}, "defaults": defaults}
        return FrontResponse(200, (), json.dumps(body).encode())


@pytest.fixture
def settings() -> Iterator[tuple[_Settings, EngineConnections]]:
    held = _Settings()
    opened = Listener(0, held.respond)
    upstream = Upstream(f"http://127.0.0.1:{opened.port}", EngineUnreachable)
    yield held, EngineConnections(upstream, upstream)
    opened.close()


def test_what_an_administrator_set_before_the_front_came_is_kept(settings: tuple[_Settings, EngineConnections]) -> None:
    held, engine = settings
    held.persistent[SETTING] = ["^https://before/.*$"]
    trusted = TrustedSetting(engine, UrlRewriter(9500).pattern)
    trusted.ensure()
    assert held.persistent[SETTING][0] == UrlRewriter(9500).pattern
    assert trusted.trusts("https://before/x")
    assert not trusted.trusts("https://default/x")


def test_a_front_on_another_port_keeps_what_a_client_set(settings: tuple[_Settings, EngineConnections]) -> None:
    held, engine = settings
    first = TrustedSetting(engine, UrlRewriter(9500).pattern)
    first.ensure()
    assert first.effective() == DEFAULTS
    engine.administer("PUT", "/_cluster/settings", first.inward({"persistent": {SETTING: ["^https://(mine)/.*$"]}}))
    second = TrustedSetting(engine, UrlRewriter(9600).pattern)
    second.ensure()
    assert held.persistent[SETTING][0] == UrlRewriter(9600).pattern
    assert second.effective() == ["^https://(mine)/.*$"]
    engine.administer("PUT", "/_cluster/settings", second.inward({"persistent": {SETTING: None}}))
    assert second.effective() == DEFAULTS


def test_the_engine_trusts_nothing_but_the_egress(settings: tuple[_Settings, EngineConnections]) -> None:
    held, engine = settings
    trusted = TrustedSetting(engine, UrlRewriter(9500).pattern)
    patterns = ["^https://one/.*$|^https://two/.*$", ".*)|(.*"]
    engine.administer("PUT", "/_cluster/settings", trusted.inward({"persistent": {SETTING: patterns}}))
    ours, *inert = held.persistent[SETTING]
    urls = ["https://default/x", "https://another%20one/x", "https://one/x", "https://two/x", ""]
    assert not [url for url in urls for entry in inert if re.fullmatch(entry, url)]
    assert re.fullmatch(ours, "http://127.0.0.1:9500/_aws/one/x")
    assert trusted.effective() == patterns


def test_a_pattern_that_cannot_be_read_trusts_nothing(settings: tuple[_Settings, EngineConnections]) -> None:
    _, engine = settings
    trusted = TrustedSetting(engine, UrlRewriter(9500).pattern)
    engine.administer("PUT", "/_cluster/settings", trusted.inward({"persistent": {SETTING: ["^https://(", "x"]}}))
    assert not trusted.trusts("https://(")


def test_a_refusal_has_the_engines_message(settings: tuple[_Settings, EngineConnections]) -> None:
    held, engine = settings
    held.refuses = True
    with pytest.raises(EngineRefused, match=r"answered with 400: no such thing"):
        engine.administer("GET", "/_cluster/settings")
