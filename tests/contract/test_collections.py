"""A collection's endpoint on a real engine: what OpenSearch Serverless does, and what it refuses."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from botocore.credentials import Credentials
from opensearchpy import AWSV4SignerAuth, NotFoundError, OpenSearch, RequestError, RequestsHttpConnection, helpers
from requests_aws4auth import AWS4Auth

from sandbox.front.authority import SessionKeys
from tests.contract import collection_front
from tests.contract.collection_front import (
    ACTION,
    DOCUMENTS,
    INDEX,
    Serverless,
    collection,
    data_policy,
    serverless,
)
from tests.contract.front_domain import Client
from tests.contract.front_engine import EngineAddress

aoss, url = collection_front.aoss, collection_front.url
HERE = collection("contract")
NO_ID = "Document ID is not supported in create/index operation request"
VECTOR = {"type": "knn_vector", "dimension": 3, "space_type": "cosinesimil"}
FAISS = {"name": "hnsw", "engine": "faiss", "space_type": "l2", "parameters": {"m": 16, "ef_construction": 100}}


def mapping(**vector: Any) -> dict[str, Any]:
    properties = {"v": VECTOR | vector, "id": {"type": "keyword"}, "text": {"type": "text"}}
    return {"settings": {"index.knn": True}, "mappings": {"properties": properties}}


def ndjson(*objects: Any) -> bytes:
    return b"".join(json.dumps(content).encode() + b"\n" for content in objects)


def bulk(client: Client, path: str, *objects: Any) -> requests.Response:
    headers = {"Content-Type": "application/x-ndjson"}
    return client("POST", path, data=ndjson(*objects), headers=headers)


def eventually(read: Callable[[], Any], wanted: Any, seconds: float = 10) -> None:
    """What was written is found a moment later: nothing can be refreshed here."""
    deadline = time.monotonic() + seconds
    while (seen := read()) != wanted:
        assert time.monotonic() < deadline, f"{seen} is not {wanted}"
        time.sleep(0.1)


def assert_forbidden(answer: requests.Response) -> None:
    assert answer.status_code == 403
    body = answer.json()
    assert body == {
        "status": 403,
        "request-id": answer.headers["x-request-id"],
        "error": {"reason": "403 Forbidden", "type": "Forbidden"},
    }


@pytest.fixture(scope="module")
def writer(aoss: Serverless, url: str) -> Client:
    return aoss.caller(url, HERE, "aoss-writer", *INDEX, *DOCUMENTS)


@pytest.fixture
def articles(writer: Client) -> Iterator[str]:
    """An index with three documents that can be found."""
    assert writer("PUT", "/articles", mapping()).json()["index"] == "articles"
    lines: list[dict[str, Any]] = []
    for name, vector, text in (("a", [1, 0, 0], "one"), ("b", [0, 1, 0], "two"), ("c", [0, 0, 1], "three")):
        lines += [{"index": {}}, {"id": name, "v": vector, "text": text}]
    answer = bulk(writer, "/articles/_bulk", *lines).json()
    assert answer["errors"] is False
    assert {item["index"]["_index"] for item in answer["items"]} == {"articles"}
    eventually(lambda: writer("GET", "/articles/_count").json()["count"], 3)
    yield "articles"
    assert writer("DELETE", "/articles").json() == {"acknowledged": True}


def knn(vector: list[float], **more: Any) -> dict[str, Any]:
    return {"query": {"knn": {"v": {"vector": vector, "k": 3, **more}}}, "_source": ["id"]}


def ids(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [hit["_source"]["id"] for hit in answer.json()["hits"]["hits"]]


def test_vectors_are_searched_with_and_without_a_filter(writer: Client, articles: str) -> None:
    assert ids(writer("POST", f"/{articles}/_search", knn([0.9, 0.1, 0])))[0] == "a"
    only = {"term": {"id": "c"}}
    assert ids(writer("POST", f"/{articles}/_search", knn([0.9, 0.1, 0], filter=only))) == ["c"]
    hits = writer("GET", "/_search", knn([0, 1, 0])).json()["hits"]["hits"]
    assert {hit["_index"] for hit in hits} == {"articles"}


def test_reads_of_every_form_show_the_clients_own_names(writer: Client, articles: str) -> None:
    [hit] = writer("POST", f"/{articles}/_search", {"query": {"term": {"id": "a"}}}).json()["hits"]["hits"]
    path = f"/{articles}/_doc/{hit['_id']}"
    assert writer("GET", path).json()["_index"] == articles
    assert writer("HEAD", path).status_code == 200
    assert writer("GET", f"/{articles}/_source/{hit['_id']}").json()["text"] == "one"
    documents = {"docs": [{"_index": articles, "_id": hit["_id"]}]}
    assert writer("POST", "/_mget", documents).json()["docs"][0]["_source"]["text"] == "one"
    assert writer("POST", f"/{articles}/_mget", {"ids": [hit["_id"]]}).json()["docs"][0]["found"] is True
    headers = {"Content-Type": "application/x-ndjson"}
    body = ndjson({"index": articles}, {"size": 1}, {}, {"size": 1})
    answers = writer("POST", "/_msearch", data=body, headers=headers).json()["responses"]
    assert [answer["hits"]["total"]["value"] for answer in answers] == [3, 3]
    assert writer("GET", "/_cat/indices?h=index").text.split() == [articles]
    assert writer("GET", "/_cat/indices/art*?h=index").text.split() == [articles]
    resolved = writer("GET", "/_resolve/index/*").json()["indices"]
    assert [index["name"] for index in resolved] == [articles]
    assert list(writer("GET", "/_mapping").json()) == [articles]
    assert writer("HEAD", f"/{articles}").status_code == 200
    assert writer("HEAD", "/none").status_code == 404
    assert "no such index [none]" in writer("GET", "/none/_search").text
    assert writer("POST", f"/{articles}/_analyze", {"field": "text", "text": "a b"}).status_code == 200
    assert writer("GET", f"/{articles}/_field_caps?fields=v").json()["indices"] == [articles]
    assert writer("GET", f"/{articles}/_validate/query").json()["valid"] is True
    assert writer("DELETE", path).json()["result"] == "deleted"


def test_an_empty_collection_is_searched_without_an_error(writer: Client) -> None:
    assert writer("GET", "/_search").json()["hits"]["hits"] == []
    assert writer("GET", "/_cat/indices").text == ""


def test_chosen_ids_are_refused_item_by_item(writer: Client, articles: str) -> None:
    document = {"id": "d", "v": [1, 1, 1], "text": "four"}
    actions = [{"index": {"_id": "x"}}, document, {"index": {}}, document, {"create": {"_id": "y"}}, document]
    answer = bulk(writer, f"/{articles}/_bulk", *actions).json()
    assert answer["errors"] is True
    refused, made, also = (next(iter(item.values())) for item in answer["items"])
    assert refused == {
        "_index": articles,
        "_id": "x",
        "status": 400,
        "error": {"type": "illegal_argument_exception", "reason": NO_ID},
    }
    assert (made["status"], also["status"]) == (201, 400)
    eventually(lambda: writer("GET", f"/{articles}/_count").json()["count"], 4)
    for method, path in (("PUT", "_doc/x"), ("PUT", "_create/x"), ("POST", "_update/x")):
        single = writer(method, f"/{articles}/{path}", document)
        assert (single.status_code, single.json()["error"]["reason"]) == (400, NO_ID)
    assert bulk(writer, "/_bulk", {"delete": {"_index": articles, "_id": made["_id"]}}).json()["errors"] is False


def test_a_search_collection_takes_ids(aoss: Serverless) -> None:
    made = collection("plain", type="SEARCH")
    with aoss.opened(made) as endpoint:
        client = aoss.caller(endpoint, made, "aoss-plain", *INDEX, *DOCUMENTS)
        assert client("PUT", "/notes/_doc/1", {"text": "x"}).status_code == 201
        assert client("GET", "/notes/_doc/1").json()["_source"] == {"text": "x"}


def test_faiss_is_what_a_client_sees_of_a_classic_collection(writer: Client) -> None:
    vector = {"type": "knn_vector", "dimension": 3, "method": FAISS}
    body = {"settings": {"index": {"knn": True, "number_of_shards": 3}}, "mappings": {"properties": {"v": vector}}}
    assert writer("PUT", "/shown", body).status_code == 200
    try:
        for path in ("/shown", "/shown/_mapping"):
            assert writer("GET", path).json()["shown"]["mappings"]["properties"]["v"]["method"] == FAISS
        assert writer("GET", "/shown/_settings").json()["shown"]["settings"]["index"]["number_of_shards"] == "1"
        more = {"properties": {"v": vector, "w": vector}, "_meta": {"osml": "mark"}}
        assert writer("PUT", "/shown/_mapping", more).json() == {"acknowledged": True}
        shown = writer("GET", "/shown").json()["shown"]["mappings"]
        assert (shown["properties"]["w"]["method"]["engine"], shown["_meta"]) == ("faiss", {"osml": "mark"})
        ignored = {"index": {"number_of_replicas": 2}}
        assert writer("PUT", "/shown/_settings", ignored).json() == {"acknowledged": True}
    finally:
        writer("DELETE", "/shown")


@pytest.mark.parametrize("engine", ["lucene", "nmslib"])
def test_a_classic_collection_has_no_other_engine(writer: Client, engine: str) -> None:
    answer = writer("PUT", "/other", mapping(method={"name": "hnsw", "engine": engine}))
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "mapper_parsing_exception")
    assert f"Invalid engine: {engine}" in answer.text
    assert writer("HEAD", "/other").status_code == 404


def test_a_next_generation_collection_chooses_the_engine_itself(aoss: Serverless) -> None:
    made = collection("nextgen", generation="NEXTGEN")
    with aoss.opened(made) as endpoint:
        client = aoss.caller(endpoint, made, "aoss-nextgen", *INDEX, *DOCUMENTS)
        refused = client("PUT", "/vectors", mapping(method={"name": "hnsw", "engine": "faiss"}))
        assert refused.json()["error"]["reason"] == "Field parameter 'engine' is not supported"
        parameters = {"m": 8, "ef_construction": 64}
        assert client("PUT", "/vectors", mapping(method={"name": "hnsw", "parameters": parameters})).status_code == 200
        method = client("GET", "/vectors").json()["vectors"]["mappings"]["properties"]["v"]["method"]
        assert (method["engine"], method["parameters"]) == ("faiss", parameters)


UNSUPPORTED = [
    ("GET", "/"),
    ("GET", "/_cluster/health"),
    ("GET", "/_cluster/settings"),
    ("GET", "/_cat/nodes"),
    ("GET", "/_nodes"),
    ("POST", "/_refresh"),
    ("POST", "/articles/_refresh"),
    ("POST", "/articles/_flush"),
    ("POST", "/_reindex"),
    ("POST", "/articles/_delete_by_query"),
    ("POST", "/articles/_update_by_query"),
    ("GET", "/_snapshot"),
    ("GET", "/_plugins/_security/authinfo"),
    ("POST", "/_plugins/_ml/memory"),
    ("GET", "/_plugins/_knn/stats"),
    ("POST", "/articles/_search?scroll=1m"),
    ("POST", "/_search/scroll"),
    ("POST", "/articles/_doc/1"),
    ("POST", "/articles/_close"),
    ("GET", "/_dashboards"),
]


@pytest.mark.parametrize(("method", "path"), UNSUPPORTED)
def test_what_serverless_lacks_is_not_found(writer: Client, method: str, path: str) -> None:
    answer = writer(method, path, {} if method == "POST" else None)
    assert (answer.status_code, answer.content, answer.headers["server"]) == (404, b"", "aoss-amazon")


@pytest.mark.parametrize("path", ["/_aliases", "/_index_template/x", "/articles/_alias/x", "/_search/pipeline/x"])
def test_operations_that_are_missing_only_here_say_so(writer: Client, path: str) -> None:
    answer = writer("POST", path, {})
    assert answer.status_code == 501
    assert "exists on Amazon; the local cloud keeps no" in answer.text


@pytest.mark.parametrize("refresh", ["true", "wait_for"])
def test_nothing_can_be_refreshed(writer: Client, refresh: str) -> None:
    answer = writer("POST", f"/articles/_doc?refresh={refresh}", {})
    assert answer.status_code == 400
    assert answer.json()["error"]["root_cause"] == [
        {"type": "status_exception", "reason": f"{refresh} refresh policy is not supported."}
    ]


def test_a_caller_needs_iam_and_a_data_policy(aoss: Serverless, url: str) -> None:
    without_policy = aoss.caller(url, HERE, "aoss-stranger")
    assert_forbidden(without_policy("GET", "/_cat/indices"))
    arn = aoss.ledger.write_role("aoss-powerless").arn
    aoss.book.accesses.append(data_policy(arn, *INDEX, resource="index/contract/*"))
    powerless = aoss.client(url, arn)
    assert_forbidden(powerless("GET", "/_cat/indices"))
    aoss.ledger.write_role("aoss-powerless", (ACTION, HERE.arn))
    assert powerless("GET", "/_cat/indices").status_code == 200
    assert_forbidden(aoss.client(url, "arn:aws:iam::000000000000:role/aoss-stranger")("GET", "/_cat/indices"))


def test_root_of_the_account_needs_a_data_policy_too(aoss: Serverless, url: str) -> None:
    root = Client(url, aoss.address.ca, SessionKeys("test", "test", ""), service="aoss")
    assert_forbidden(root("GET", "/_cat/indices"))


PERMISSIONS = [
    ("aoss:CreateIndex", "PUT", "/mine", None),
    ("aoss:DescribeIndex", "GET", "/mine", None),
    ("aoss:UpdateIndex", "PUT", "/mine/_mapping", {"properties": {"x": {"type": "keyword"}}}),
    ("aoss:WriteDocument", "POST", "/mine/_doc", {"x": "y"}),
    ("aoss:ReadDocument", "POST", "/mine/_search", {}),
    ("aoss:DeleteIndex", "DELETE", "/mine", None),
]


def test_each_operation_needs_its_permission(aoss: Serverless, url: str) -> None:
    every = [permission for permission, *_ in PERMISSIONS]
    able = {p: aoss.caller(url, HERE, f"aoss-{p[5:]}", p, indexes="mine") for p in every}
    rest = {p: aoss.caller(url, HERE, f"aoss-no-{p[5:]}", *{*every} - {p}, indexes="mine") for p in every}
    for permission, method, path, body in PERMISSIONS:
        assert_forbidden(rest[permission](method, path, body))
        assert able[permission](method, path, body).ok, (method, path)


def test_a_policy_reaches_its_indexes_and_no_others(aoss: Serverless, url: str, articles: str) -> None:
    limited = aoss.caller(url, HERE, "aoss-limited", *INDEX, *DOCUMENTS, indexes="own-*")
    assert limited("PUT", "/own-1", {}).status_code == 200
    try:
        for path in (f"/{articles}/_search", "/_search", f"/own-1,{articles}/_search", "/own-*,art*/_search"):
            assert_forbidden(limited("GET", path))
        document = {"x": 1}
        assert_forbidden(bulk(limited, "/own-1/_bulk", {"index": {"_index": articles}}, document))
        assert_forbidden(limited("POST", "/own-1/_mget", {"docs": [{"_index": articles, "_id": "1"}]}))
        headers = {"Content-Type": "application/x-ndjson"}
        assert_forbidden(limited("POST", "/own-1/_msearch", data=ndjson({"index": articles}, {}), headers=headers))
        assert limited("GET", "/own-*/_search").status_code == 200
    finally:
        limited("DELETE", "/own-1")


def test_a_write_makes_an_index_only_with_the_permission_to(aoss: Serverless, url: str) -> None:
    scribe = aoss.caller(url, HERE, "aoss-scribe", *DOCUMENTS)
    assert_forbidden(scribe("POST", "/unmade/_doc", {"x": 1}))
    assert_forbidden(bulk(scribe, "/_bulk", {"index": {"_index": "unmade"}}, {"x": 1}))
    assert scribe("GET", "/unmade/_search").status_code == 404


def test_a_changed_data_policy_takes_effect(aoss: Serverless, url: str) -> None:
    changing = aoss.caller(url, HERE, "aoss-changing", "aoss:DescribeIndex")
    assert changing("GET", "/_cat/indices").status_code == 200
    kept = aoss.book.accesses.pop()
    assert_forbidden(changing("GET", "/_cat/indices"))
    aoss.book.accesses.append(kept)
    assert changing("GET", "/_cat/indices").status_code == 200


def test_a_young_data_policy_does_not_count_yet(contract_engine: EngineAddress) -> None:
    with serverless(contract_engine, young_role_seconds=60) as front:
        made = collection("young")
        with front.opened(made) as endpoint:
            client = front.caller(endpoint, made, "aoss-young", "aoss:DescribeIndex")
            assert client("GET", "/_cat/indices").status_code == 200
            arn = front.ledger.write_role("aoss-young", (ACTION, made.arn)).arn
            front.book.accesses[:] = [data_policy(arn, "aoss:DescribeIndex", resource="index/young/*", age=1)]
            assert_forbidden(client("GET", "/_cat/indices"))


def test_only_a_network_policy_lets_the_public_in(aoss: Serverless, url: str, writer: Client) -> None:
    kept, aoss.book.networks = aoss.book.networks, []
    try:
        assert_forbidden(writer("GET", "/_cat/indices"))
        rule = {"ResourceType": "dashboard", "Resource": ["collection/contract"]}
        aoss.book.networks = [[{"Rules": [rule], "AllowFromPublic": True}]]
        assert_forbidden(writer("GET", "/_cat/indices"))
    finally:
        aoss.book.networks = kept
    assert writer("GET", "/_cat/indices").status_code == 200


@pytest.mark.parametrize("options", [{"service": "es"}, {"region": "eu-west-1"}])
def test_another_scope_is_forbidden(aoss: Serverless, url: str, options: dict[str, str]) -> None:
    arn = aoss.ledger.write_role("aoss-elsewhere", (ACTION, HERE.arn)).arn
    aoss.book.accesses.append(data_policy(arn, "aoss:*", resource="index/contract/*"))
    assert aoss.client(url, arn)("GET", "/_cat/indices").status_code == 200
    assert_forbidden(aoss.client(url, arn, **options)("GET", "/_cat/indices"))


def test_unsigned_and_badly_signed_is_forbidden(aoss: Serverless, url: str, writer: Client) -> None:
    spoofed = {"x-proxy-user": HERE.arn, "x-forwarded-for": "127.0.0.1", "x-amz-content-sha256": "x"}
    for headers in ({}, spoofed, {"Authorization": "Basic YWRtaW46YWRtaW4="}):
        assert_forbidden(Client(url, aoss.address.ca, None)("GET", "/_cat/indices", headers=headers))
    assert writer.keys is not None
    wrong = SessionKeys(writer.keys.access_key, "wrong", writer.keys.session_token)
    assert_forbidden(Client(url, aoss.address.ca, wrong, service="aoss")("GET", "/_cat/indices"))


def test_the_hash_of_the_body_is_required(writer: Client) -> None:
    class Silent(AWS4Auth):  # type: ignore[misc]
        """Signs as for other services: without the header."""

        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            self.include_hdrs = {"host", "x-amz-date", "x-amz-security-token"}
            signed = super().__call__(request)
            del signed.headers["x-amz-content-sha256"]
            return signed  # type: ignore[no-any-return]

    keys = writer.keys
    assert keys is not None
    auth = Silent(keys.access_key, keys.secret_key, "us-east-1", "aoss", session_token=keys.session_token)
    answer = requests.get(writer.url + "/_cat/indices", auth=auth, verify=writer.ca, timeout=30)
    assert_forbidden(answer)


def test_two_collections_do_not_see_each_other(aoss: Serverless, writer: Client, articles: str) -> None:
    there = collection("other")
    with aoss.opened(there) as endpoint:
        client = aoss.caller(endpoint, there, "aoss-other", *INDEX, *DOCUMENTS)
        assert client("PUT", "/articles", mapping()).status_code == 200
        assert client("POST", "/articles/_doc", {"id": "z", "v": [1, 1, 0], "text": "theirs"}).status_code == 201
        eventually(lambda: client("GET", "/_count").json()["count"], 1)
        assert client("GET", "/_cat/indices?h=index").text.split() == [articles]
        assert writer("GET", "/_count").json()["count"] == 3
        lookup = {"id": {"index": HERE.prefix + articles, "id": "1", "path": "id"}}
        assert client("POST", "/articles/_search", {"query": {"terms": lookup}}).status_code in (400, 403)
        assert_forbidden(Client(endpoint, aoss.address.ca, writer.keys, service="aoss")("GET", "/_search"))
    assert writer("GET", "/_count").json()["count"] == 3


def test_a_removed_collection_leaves_nothing_in_the_engine(aoss: Serverless) -> None:
    made = collection("short")
    with aoss.opened(made) as endpoint:
        client = aoss.caller(endpoint, made, "aoss-short", *INDEX, *DOCUMENTS)
        assert client("PUT", "/vectors", mapping()).status_code == 200
        assert engine(aoss, f"/_cat/indices/{made.prefix}*?h=index").text.split() == [f"{made.prefix}vectors"]
    assert engine(aoss, f"/_cat/indices/{made.prefix}*?h=index").text == ""
    for kind in ("roles", "rolesmapping"):
        assert engine(aoss, f"/_plugins/_security/api/{kind}/{made.prefix.rstrip('.')}").status_code == 404
    with pytest.raises(requests.ConnectionError):
        requests.get(endpoint, verify=aoss.address.ca, timeout=5)
    aoss.front.remove_collection(made.arn)


def engine(aoss: Serverless, path: str) -> requests.Response:
    """Straight to the engine, as its administrator."""
    certificate = (aoss.address.admin_cert, aoss.address.admin_key)
    return requests.get(aoss.address.url + path, cert=certificate, verify=aoss.address.ca, timeout=30)


def test_a_compressed_body_is_read(writer: Client, articles: str) -> None:
    body = gzip.compress(ndjson({"index": {}}, {"id": "g", "v": [1, 1, 1]}))
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    assert writer("POST", f"/{articles}/_bulk", data=body, headers=headers).json()["errors"] is False


def test_opensearch_py_works_as_it_does_on_amazon(
    aoss: Serverless, url: str, writer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It prefers this variable to its own setting; `osml sandbox status` prints it.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", aoss.address.ca)
    keys = writer.keys
    assert keys is not None
    credentials = Credentials(keys.access_key, keys.secret_key, keys.session_token)
    client = OpenSearch(
        hosts=[url],
        http_auth=AWSV4SignerAuth(credentials, "us-east-1", "aoss"),
        connection_class=RequestsHttpConnection,
        http_compress=True,
        verify_certs=True,
    )
    client.indices.create(index="py", body=mapping(method=FAISS | {"space_type": "cosinesimil"}))
    try:
        documents = [{"_index": "py", "id": str(n), "v": [1, n, 0], "text": f"text {n}"} for n in range(1, 21)]
        assert helpers.bulk(client, documents)[0] == 20
        eventually(lambda: client.count(index="py")["count"], 20)
        hits = client.search(index="py", body=knn([1, 20, 0], filter={"term": {"id": "7"}}))["hits"]["hits"]
        assert [hit["_source"]["id"] for hit in hits] == ["7"]
        with pytest.raises(NotFoundError):
            client.indices.refresh(index="py")
        with pytest.raises(RequestError, match="Document ID is not supported"):
            client.index(index="py", id="1", body={"text": "x"})
    finally:
        client.indices.delete(index="py")
