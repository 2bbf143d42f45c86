"""A domain behind a real front on the engine under test, with the account in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from requests_aws4auth import AWS4Auth

from sandbox.front.authority import DescribedDomain, SessionKeys
from sandbox.front.front import Front
from sandbox.front.ledger import Ledger
from sandbox.front.listener import Listener
from sandbox.front.request import FrontRequest, FrontResponse
from sandbox.front.settings import FrontSettings
from tests.contract.front_engine import EngineAddress

ARN = "arn:aws:es:us-east-1:000000000000:domain/contract"
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:deepseek-AbCdEf"
ENDPOINT_ARN = "arn:aws:sagemaker:us-east-1:000000000000:endpoint/minilm"
EVERYTHING = ("es:ESHttp*", ARN + "/*")


@dataclass
class Models:
    """Replaces the model endpoints: keeps the requests and answers an embedding, a chat answer, or `redirect`."""

    received: list[FrontRequest] = field(default_factory=list)
    redirect: str | None = None

    def respond(self, request: FrontRequest) -> FrontResponse:
        self.received.append(request)
        if self.redirect is not None:
            # With a body: without one, ml-commons 2.19 answers 400, "No response from model".
            return FrontResponse(307, (("Location", self.redirect),), b"elsewhere")
        answer: Any = [[0.25, 0.5], [0.75, 1.0]]
        if "chat" in request.path or "bedrock" in request.path:
            answer = {"choices": [{"message": {"role": "assistant", "content": "grounded"}}]}
        return FrontResponse(200, (("Content-Type", "application/json"),), json.dumps(answer).encode())


@dataclass
class Client:
    """Signs requests to the domain with the keys of one caller; without keys, sends them unsigned."""

    url: str
    ca: str
    keys: SessionKeys | None
    service: str = "es"
    region: str = "us-east-1"
    session: requests.Session = field(default_factory=requests.Session)

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        auth = options.pop("auth", None)
        if self.keys is not None:
            keys = self.keys
            auth = AWS4Auth(
                keys.access_key, keys.secret_key, self.region, self.service, session_token=keys.session_token or None
            )
        return self.session.request(
            method, self.url + path, json=body, auth=auth, verify=self.ca, timeout=60, **options
        )


@dataclass
class Trial:
    """The front, its account and its models, with one open domain."""

    front: Front
    ledger: Ledger
    models: Models
    address: EngineAddress
    settings: FrontSettings
    domain: DescribedDomain
    port: int

    def client(self, keys: SessionKeys | None, **options: Any) -> Client:
        return Client(f"https://localhost:{self.port}", self.address.ca, keys, **options)

    def role(self, name: str, *grants: tuple[str, str], services: tuple[str, ...] = ()) -> Client:
        """A client with a session of a new role of that name."""
        return self.client(self.ledger.session(self.ledger.write_role(name, *grants, services=services).arn))

    @property
    def master(self) -> Client:
        assert self.domain.master_user_arn is not None
        return self.client(self.ledger.session(self.domain.master_user_arn))

    def engine(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Send a request directly to the engine, as its administrator."""
        certificate = (self.address.admin_cert, self.address.admin_key)
        return requests.request(
            method, self.address.url + path, json=body, cert=certificate, verify=self.address.ca, timeout=60
        )


@dataclass
class SameEngine:
    """Gives every further domain the engine of the first: to start another engine takes half a minute."""

    url: str

    def start(self, domain: str) -> str:
        return self.url

    def stop(self, domain: str) -> None:
        return


@contextmanager
def trial(address: EngineAddress, models: Models | None = None, **limits: Any) -> Iterator[Trial]:
    """Open a domain whose master user is a role, and close it at the end; `limits` are limits of FrontSettings."""
    ledger, models = Ledger(), models or Models()
    master = ledger.write_role("contract-master", EVERYTHING, ("iam:PassRole", "*"))
    listener = Listener(0, models.respond)
    settings = address.front(f"http://127.0.0.1:{listener.port}", **limits)
    domain = DescribedDomain(ARN, "contract", ledger.account, "us-east-1", master.arn, None, None, None)
    front = Front(settings, ledger, SameEngine(address.url))
    front.start()
    try:
        port = front.add_domain(domain)
        yield Trial(front, ledger, models, address, settings, domain, port)
    finally:
        front.remove_domain(ARN)
        front.stop()
        listener.close()
