"""The Index kind on a collection's endpoint, with a role that may make indexes and read no document."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from requests_aws4auth import AWS4Auth

from mlcommons import (
    Client,
    Collection,
    HttpTransport,
    Owner,
    Patience,
    ProvisioningOutcome,
    Request,
    Response,
    Transport,
    apply,
    destroy,
    kind_named,
)
from mlcommons.errors import InvalidSpec, NotOurs, PermissionMissing, Rejected, Unreachable
from tests.contract import collection_front
from tests.contract.collection_front import ACTION, INDEX, Serverless, collection, data_policy
from tests.contract.kinds_engine import WHOLE_TEST, Recorder
from tests.waiting import PATIENCE

pytestmark = pytest.mark.collection
aoss, url = collection_front.aoss, collection_front.url
HERE = collection("kinds")
OWNER = Owner("osml-dev-knowledge", "Index")
POLICY = "kinds-1234abcd"
VECTOR = {"type": "knn_vector", "dimension": 4, "method": {"name": "hnsw", "engine": "faiss", "space_type": "l2"}}
SPEC: dict[str, Any] = {
    "name": "passages",
    "body": {
        "settings": {"index": {"knn": True}},
        "mappings": {"properties": {"embedding": VECTOR, "text": {"type": "text"}}},
    },
}


class Provisioner:
    """`apply` and `destroy` of an index as one role; the name of its data access policy is `POLICY`."""

    def __init__(self, aoss: Serverless, url: str, role: str, spreading: float = 0.0) -> None:
        self.arn = aoss.ledger.write_role(role, (ACTION, HERE.arn)).arn
        keys = aoss.ledger.session(self.arn)
        auth = AWS4Auth(keys.access_key, keys.secret_key, "us-east-1", "aoss", session_token=keys.session_token)
        self.recorder = Recorder(HttpTransport(url, auth=auth, verify=aoss.address.ca))
        self._collection = Collection(POLICY, self.arn, spreading)

    def client(self) -> Client:
        return Client(self.recorder, Patience(seconds=WHOLE_TEST, propagation=0.0), collection=self._collection)

    def apply(self, spec: dict[str, Any], physical_id: str | None = None, owner: Owner = OWNER) -> ProvisioningOutcome:
        return apply(kind_named("Index"), spec, client=self.client(), owner=owner, physical_id=physical_id)

    def destroy(self, physical_id: str, owner: Owner = OWNER) -> ProvisioningOutcome:
        return destroy(kind_named("Index"), physical_id, client=self.client(), owner=owner)


@pytest.fixture
def provisioner(aoss: Serverless, url: str) -> Iterator[Provisioner]:
    made = Provisioner(aoss, url, "kinds-provisioner")
    _let_in(aoss, made.arn)
    yield made
    made.destroy("passages")
    aoss.book.accesses.clear()


def _let_in(aoss: Serverless, arn: str) -> None:
    aoss.book.accesses.append(data_policy(arn, *INDEX, resource=f"index/{HERE.name}/*"))


def _wider() -> dict[str, Any]:
    wider = copy.deepcopy(SPEC)
    wider["body"]["mappings"]["properties"]["document"] = {"type": "keyword"}
    return wider


def test_an_index_is_made_left_alone_widened_and_removed(provisioner: Provisioner) -> None:
    made = provisioner.apply(SPEC)
    assert (made.physical_id, made.changed) == ("passages", True)
    written = len(provisioner.recorder.writes)
    assert not provisioner.apply(SPEC, "passages").changed
    assert len(provisioner.recorder.writes) == written
    assert provisioner.apply(_wider(), "passages").note == "updated mappings"
    assert not provisioner.apply(_wider(), "passages").changed
    assert provisioner.destroy("passages").changed
    assert provisioner.destroy("passages").note == "Index was already absent"
    assert provisioner.recorder.writes == ["PUT /passages", "PUT /passages/_mapping", "DELETE /passages"]


def test_a_create_without_an_answer_finds_its_index_again(provisioner: Provisioner) -> None:
    provisioner.apply(SPEC)
    assert provisioner.apply(SPEC).note == "Index adopted"


def test_another_owners_index_is_left_alone(provisioner: Provisioner) -> None:
    provisioner.apply(SPEC)
    other = Owner("other", "Index")
    with pytest.raises(NotOurs, match=f"belongs to {OWNER}"):
        provisioner.apply(SPEC, owner=other)
    assert not provisioner.destroy("passages", other).changed
    assert not provisioner.apply(SPEC, "passages").changed


def test_another_dimension_needs_another_name(provisioner: Provisioner) -> None:
    provisioner.apply(SPEC)
    other = copy.deepcopy(SPEC)
    other["body"]["mappings"]["properties"]["embedding"]["dimension"] = 8
    with pytest.raises(InvalidSpec, match="choose another name"):
        provisioner.apply(other, "passages")


def test_what_a_collection_lacks_is_refused_in_a_sentence(provisioner: Provisioner) -> None:
    lucene = copy.deepcopy(SPEC)
    lucene["body"]["mappings"]["properties"]["embedding"]["method"]["engine"] = "lucene"
    with pytest.raises(Rejected, match=r"PUT /passages: 400 .*Invalid engine: lucene"):
        provisioner.apply(lucene)
    with pytest.raises(Unreachable, match="A serverless collection does not offer this API"):
        provisioner.client().get("/_cluster/settings")


def test_the_error_names_the_policy_and_the_missing_principal(aoss: Serverless, url: str) -> None:
    stranger = Provisioner(aoss, url, "kinds-stranger")
    with pytest.raises(PermissionMissing) as failure:
        stranger.apply(SPEC)
    assert str(failure.value) == (
        f"GET /passages: 403 Forbidden. Name {stranger.arn} in the data access policy {POLICY}."
    )


@dataclass
class Spread:
    """A transport to a collection whose policy takes effect after the first refusal."""

    inner: Transport
    let_in: Callable[[], None]
    refused: int = 0

    def send(self, request: Request, timeout: float) -> Response:
        answer = self.inner.send(request, timeout)
        if answer.status == 403:
            self.refused += 1
            self.let_in()
        return answer


@pytest.mark.parametrize("act", [lambda subject: subject.apply(SPEC), lambda subject: subject.destroy("passages")])
def test_a_policy_that_spreads_late_is_waited_for(
    aoss: Serverless, url: str, act: Callable[[Provisioner], ProvisioningOutcome]
) -> None:
    late = Provisioner(aoss, url, "kinds-late", spreading=PATIENCE)
    late.recorder.inner = spread = Spread(late.recorder.inner, lambda: _let_in(aoss, late.arn))
    try:
        assert act(late)
        assert spread.refused == 1
    finally:
        late.destroy("passages")
        aoss.book.accesses.clear()
