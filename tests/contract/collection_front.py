"""A front with collections on the engine under test, in an account and with policies held in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sandbox.front.collection.record import CollectionRecord, DataPolicy
from sandbox.front.front import Front
from sandbox.front.ledger import Ledger
from tests.contract.front_domain import Client
from tests.contract.front_engine import EngineAddress

ACCOUNT, REGION = "000000000000", "us-east-1"
ACTION = "aoss:APIAccessAll"
INDEX = ["aoss:CreateIndex", "aoss:DescribeIndex", "aoss:UpdateIndex", "aoss:DeleteIndex"]
DOCUMENTS = ["aoss:ReadDocument", "aoss:WriteDocument"]


def collection(name: str, **changes: Any) -> CollectionRecord:
    made = CollectionRecord(f"arn:aws:aoss:{REGION}:{ACCOUNT}:collection/{name}0123456789", name, ACCOUNT, REGION)
    return replace(made, **changes)


def data_policy(principal: str, *permissions: str, resource: str, age: float = 3600.0) -> DataPolicy:
    rule = {"ResourceType": "index", "Resource": [resource], "Permission": list(permissions)}
    return DataPolicy([{"Rules": [rule], "Principal": [principal]}], age)


def public(name: str) -> list[dict[str, Any]]:
    rule = {"ResourceType": "collection", "Resource": [f"collection/{name}"]}
    return [{"Rules": [rule], "AllowFromPublic": True}]


@dataclass
class Book:
    """The policies of the account."""

    networks: list[Sequence[dict[str, Any]]] = field(default_factory=list)
    accesses: list[DataPolicy] = field(default_factory=list)

    def network(self, account: str, region: str) -> list[Sequence[dict[str, Any]]]:
        assert (account, region) == (ACCOUNT, REGION)
        return self.networks

    def data(self, account: str, region: str) -> list[DataPolicy]:
        assert (account, region) == (ACCOUNT, REGION)
        return self.accesses

    def vpc_endpoints(self, account: str, region: str) -> set[str]:
        assert (account, region) == (ACCOUNT, REGION)
        return set()


@dataclass
class Serverless:
    """The front, its account and its policies."""

    front: Front
    ledger: Ledger
    book: Book
    address: EngineAddress

    @contextmanager
    def opened(self, made: CollectionRecord) -> Iterator[str]:
        """Open the collection's endpoint to the public; close and empty it afterwards."""
        self.book.networks.append(public(made.name))
        port = self.front.add_collection(made, self.book)
        try:
            yield f"https://localhost:{port}"
        finally:
            self.front.remove_collection(made.arn)

    def caller(self, url: str, made: CollectionRecord, role: str, *permissions: str, indexes: str = "*") -> Client:
        """A client with a session of a new role that has these permissions on the collection's indexes."""
        arn = self.ledger.write_role(role, (ACTION, made.arn)).arn
        if permissions:
            self.book.accesses.append(data_policy(arn, *permissions, resource=f"index/{made.name}/{indexes}"))
        return self.client(url, arn)

    def client(self, url: str, arn: str, **options: Any) -> Client:
        return Client(url, self.address.ca, self.ledger.session(arn), **{"service": "aoss", **options})


@contextmanager
def serverless(address: EngineAddress, young_role_seconds: float = 0.0) -> Iterator[Serverless]:
    settings = address.front(young_role_seconds=young_role_seconds)
    ledger = Ledger(ACCOUNT)
    front = Front(settings, ledger)
    front.start()
    try:
        yield Serverless(front, ledger, Book(), address)
    finally:
        front.stop()


@pytest.fixture(scope="module")
def aoss(contract_engine: EngineAddress) -> Iterator[Serverless]:
    with serverless(contract_engine) as opened:
        yield opened


@pytest.fixture(scope="module")
def url(aoss: Serverless, request: pytest.FixtureRequest) -> Iterator[str]:
    """The endpoint of the module's collection `HERE`."""
    with aoss.opened(request.module.HERE) as endpoint:
        yield endpoint
