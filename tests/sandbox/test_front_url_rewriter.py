from __future__ import annotations

import re

import pytest

from sandbox.front.url_rewriter import UrlRewriter, leading_parameter, resolve

REWRITER = UrlRewriter(9500)
BASE = "http://127.0.0.1:9500"


@pytest.mark.parametrize(
    ("url", "led"),
    [
        ("https://api.deepseek.com/v1/chat", BASE + "/_aws/api.deepseek.com/v1/chat"),
        ("HTTPS://${parameters.endpoint}/v1", BASE + "/_aws/${parameters.endpoint}/v1"),
        ("http://model.internal:8080/x", BASE + "/_plain/model.internal:8080/x"),
    ],
)
def test_there_matches_the_engines_pattern(url: str, led: str) -> None:
    assert REWRITER.there(url) == led
    assert re.fullmatch(REWRITER.pattern, led)


@pytest.mark.parametrize("url", ["https://api.deepseek.com/v1", "http://model.internal:8080/x"])
def test_there_and_back(url: str) -> None:
    led = REWRITER.there(url)
    assert led is not None
    assert REWRITER.back(f'{{"url":"{led}"}}'.encode()) == f'{{"url":"{url}"}}'.encode()


def test_another_port_is_not_ours_to_put_back() -> None:
    text = b"http://127.0.0.1:95001/_aws/api.deepseek.com http://127.0.0.1:9501/_aws/x"
    assert REWRITER.back(text) == text


def test_only_urls_are_led() -> None:
    assert REWRITER.there("${parameters.url}/v1") is None
    assert REWRITER.there("ftp://host/x") is None


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("https://${parameters.endpoint}/v1", "https://api.deepseek.com/v1"),
        ("https://${parameters.nested}/v1", "https://api.deepseek.com/v1"),
        ("https://${parameters.absent:-host}/v1", "https://host/v1"),
        ("https://${parameters.absent}/v1", "https://${parameters.absent}/v1"),
        ("https://h/${parameters.number}", "https://h/3"),
    ],
)
def test_resolve(template: str, url: str) -> None:
    parameters = {"endpoint": "api.deepseek.com", "nested": "${parameters.endpoint}", "number": 3}
    assert resolve(template, parameters) == url


def test_resolve_ends_where_parameters_name_each_other() -> None:
    circle = {"a": "${parameters.b}", "b": "${parameters.a}"}
    assert resolve("${parameters.a}", circle).startswith("${parameters.")


def test_leading_parameter() -> None:
    assert leading_parameter("${parameters.base}/v1") == "base"
    assert leading_parameter("https://${parameters.base}/v1") is None
