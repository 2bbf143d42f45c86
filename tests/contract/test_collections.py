"""A collection's endpoint on a real engine: what OpenSearch Serverless does, and what it refuses."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
import requests
from botocore.credentials import Credentials
from opensearchpy import AWSV4SignerAuth, NotFoundError, OpenSearch, RequestError, RequestsHttpConnection, helpers

from tests.contract import collection_client, collection_front
from tests.contract.collection_client import bulk, eventually, mapping, ndjson
from tests.contract.collection_front import DOCUMENTS, INDEX, Serverless, collection
from tests.contract.front_domain import Client

pytestmark = pytest.mark.collection
aoss, url = collection_front.aoss, collection_front.url
writer, articles = collection_client.writer, collection_client.articles
HERE = collection("contract")
NO_ID = "Document ID is not supported in create/index operation request"
FAISS = {"name": "hnsw", "engine": "faiss", "space_type": "l2", "parameters": {"m": 16, "ef_construction": 100}}


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
        requests.get(endpoint, verify=aoss.address.ca, timeout=60)
    aoss.front.remove_collection(made.arn)


def engine(aoss: Serverless, path: str) -> requests.Response:
    """Send a request directly to the engine, as its administrator."""
    certificate = (aoss.address.admin_cert, aoss.address.admin_key)
    return requests.get(aoss.address.url + path, cert=certificate, verify=aoss.address.ca, timeout=60)


def test_a_compressed_body_is_read(writer: Client, articles: str) -> None:
    body = gzip.compress(ndjson({"index": {}}, {"id": "g", "v": [1, 1, 1]}))
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    assert writer("POST", f"/{articles}/_bulk", data=body, headers=headers).json()["errors"] is False


def test_opensearch_py_works_as_it_does_on_amazon(
    aoss: Serverless, url: str, writer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # opensearch-py gives this variable, which `osml sandbox status` prints, precedence over its own setting.
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
