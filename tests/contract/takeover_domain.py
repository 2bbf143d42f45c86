"""A domain as on Amazon, with a real engine, and what people and tools leave in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from requests_aws4auth import AWS4Auth

from mlcommons import Client, HttpTransport, Patience
from sandbox.front.request import FrontRequest, FrontResponse
from tests.contract.front_domain import SECRET_ARN, Models, Trial, trial
from tests.contract.front_engine import EngineAddress
from tests.contract.kinds_engine import WHOLE_TEST
from tests.contract.left_by_tools import TITAN_V2_DIMENSION
from tests.contract.tutorials import TITAN_DIMENSION, Hand

KEY = "sk-0123456789abcdef"


class Providers(Models):
    """Answers as each provider does: vectors of two numbers, or the text `grounded`."""

    def respond(self, request: FrontRequest) -> FrontResponse:
        self.received.append(request)
        answers: dict[str, Any] = {
            "chat-r1": [{"generated_text": "grounded"}],
            "imported-model": {"generation": "grounded"},
            "titan-embed-text-v2": {"embedding": [0.5] * TITAN_V2_DIMENSION},
            "titan": {"embedding": [0.5] * TITAN_DIMENSION},
            "completions": {"choices": [{"message": {"role": "assistant", "content": "grounded"}}]},
        }
        answer = next((answer for part, answer in answers.items() if part in request.path), None)
        if answer is None:
            sent = json.loads(request.body)
            answer = [[0.25, 0.5] for _ in (sent if isinstance(sent, list) else [sent])]
        return FrontResponse(200, (("Content-Type", "application/json"),), json.dumps(answer).encode())


@pytest.fixture(scope="module")
def domain(contract_engine: EngineAddress) -> Iterator[Trial]:
    with trial(contract_engine, Providers()) as opened:
        opened.ledger.secrets[SECRET_ARN] = json.dumps({"my_deepseek_key": KEY})
        for name in ("minilm", "chat-r1"):
            opened.ledger.endpoints[name, "us-east-1"] = {}
        yield opened


@pytest.fixture
def hand(domain: Trial) -> Iterator[Hand]:
    """Requests of somebody with all permissions; the objects that they make are removed."""
    grants = [(action, "*") for action in ("sagemaker:InvokeEndpoint", "bedrock:InvokeModel", "secretsmanager:*")]
    role = domain.ledger.write_role("invokes", *grants, services=("es.amazonaws.com",))
    hand = Hand(client(domain), role.arn, SECRET_ARN)
    yield hand
    hand.clean()


def client(domain: Trial) -> Client:
    """A client that signs requests as the domain's master user."""
    assert domain.domain.master_user_arn
    keys = domain.ledger.session(domain.domain.master_user_arn)
    signature = AWS4Auth(keys.access_key, keys.secret_key, "us-east-1", "es", session_token=keys.session_token)
    transport = HttpTransport(f"https://localhost:{domain.port}", auth=signature, verify=domain.address.ca)
    return Client(transport, Patience(seconds=WHOLE_TEST, propagation=0.0))
