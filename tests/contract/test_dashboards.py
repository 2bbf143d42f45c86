"""The proxy for Dashboards in front of a domain that checks signatures and policies, with a real engine behind it.

The engine has no Dashboards, and no package registry offers them: it answers 400 to a request that the domain admits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
import requests
from botocore.credentials import Credentials

from osml.dashboards.proxy import DashboardsProxy
from osml.dashboards.signature import CallerSignature
from sandbox.front.authority import SessionKeys
from tests.contract.front_domain import ARN, Trial, trial
from tests.contract.front_engine import EngineAddress

CALLS = (
    ("GET", "/_dashboards/"),
    ("GET", "/_dashboards/app/home"),
    ("GET", "/_dashboards/api/saved_objects/_find?type=index-pattern&per_page=10000&fields=title&search=*+x:y"),
    (
        "GET",
        "/_dashboards/api/index_patterns/_fields_for_wildcard?pattern=passages*&meta_fields=_source&meta_fields=_id",
    ),
    ("POST", "/_dashboards/api/console/proxy?path=_cat%2Findices%3Fv&method=GET"),
    ("PUT", "/_dashboards/api/saved_objects/index-pattern/a%20b'(c)~:@é?overwrite=true&refs=[]"),
    ("DELETE", "/_dashboards/api/saved_objects/dashboard/7adfa750-4c81-11e8-b3d7-01146121b73d"),
    ("HEAD", "/_dashboards/api/status?"),
)


@pytest.fixture(scope="module")
def here(contract_engine: EngineAddress) -> Iterator[Trial]:
    with trial(contract_engine) as opened, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", opened.address.ca)
        yield opened


class Page:
    """A browser with Dashboards open, through the proxy of a caller with `keys`."""

    def __init__(self, here: Trial, keys: SessionKeys, region: str = "us-east-1") -> None:
        credentials = Credentials(keys.access_key, keys.secret_key, keys.session_token or None)
        signature = CallerSignature(credentials, region)
        self.sentences: list[str] = []
        self.proxy = DashboardsProxy(f"https://localhost:{here.port}", signature, self.sentences.append)
        Thread(target=self.proxy.serve_forever, args=(0.01,), daemon=True).start()
        self._session = requests.Session()
        assert self._session.get(self.proxy.entrance.link, allow_redirects=False, timeout=60).status_code == 303

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"osd-xsrf": "true", "Origin": self.proxy.entrance.origin, "Sec-Fetch-Site": "same-origin"}
        url = self.proxy.entrance.origin + path
        return self._session.request(method, url, headers=headers, allow_redirects=False, timeout=60, **options)

    def close(self) -> None:
        self.proxy.shutdown()
        self.proxy.server_close()


@pytest.fixture
def page(here: Trial) -> Iterator[Page]:
    opened = Page(here, here.ledger.session(here.domain.master_user_arn or ""))
    yield opened
    opened.close()


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_what_dashboards_ask_arrives_with_a_signature_that_counts(page: Page, method: str, path: str) -> None:
    answer = page(method, path, data=b'{"query": "x"}' if method in ("POST", "PUT") else None)
    assert answer.status_code == 400, answer.text
    assert method == "HEAD" or re.search(r"no handler found for uri \[/_dashboards|Invalid index name", answer.text)
    assert page.sentences == []


def test_a_caller_whom_no_policy_admits_reads_the_domains_own_sentence(here: Trial) -> None:
    reader = here.ledger.write_role("dashboards-reader", ("es:ESHttpGet", ARN + "/_dashboards/*"))
    page = Page(here, here.ledger.session(reader.arn))
    try:
        assert "no handler found" in page("GET", "/_dashboards/app/home").text
        refused = page("POST", "/_dashboards/api/console/proxy?path=_search&method=GET")
        assert refused.status_code == 403
        assert refused.json()["Message"].endswith("no identity-based policy allows the es:ESHttpPost action")
        assert "search.admins" in page.sentences[0]
    finally:
        page.close()


@pytest.mark.parametrize(
    ("keys", "region", "sentence"),
    [
        (("test", "wrong", ""), "us-east-1", "does not match the signature you provided"),
        (("test", "test", ""), "eu-west-1", "scoped to a valid region"),
    ],
)
def test_wrong_keys_and_regions_are_refused(
    here: Trial, keys: tuple[str, str, str], region: str, sentence: str
) -> None:
    page = Page(here, SessionKeys(*keys), region)
    try:
        assert sentence in page("GET", "/_dashboards/").json()["message"]
    finally:
        page.close()
