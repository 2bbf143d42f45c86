"""opensearch-py: its helpers, and its asynchronous client."""

import asyncio
from typing import Any

import boto3
from opensearchpy import AsyncHttpConnection, AsyncOpenSearch, AWSV4SignerAsyncAuth, OpenSearch, helpers

from tests.clients.target import DIMENSION, TEXTS, VISIBLE_SECONDS, Target, seen, vector


def body() -> dict[str, Any]:
    return {
        "settings": {"index": {"knn": True}},
        "mappings": {
            "properties": {
                "text": {"type": "text"},
                "embedding": {"type": "knn_vector", "dimension": DIMENSION},
            }
        },
    }


def test_bulk_scan_and_search_by_vector(client: OpenSearch, target: Target, index: str) -> None:
    client.indices.create(index=index, body=body())
    actions = [{"_index": index, "text": text, "embedding": vector(text)} for text in TEXTS]
    assert helpers.bulk(client, actions) == (len(TEXTS), [])
    query = {"query": {"knn": {"embedding": {"vector": vector(TEXTS[1]), "k": 2}}}}
    hits = seen(lambda: client.search(index=index, body=query)["hits"]["hits"])
    assert hits[0]["_source"]["text"] == TEXTS[1]
    if target.kind == "domain":
        assert {hit["_source"]["text"] for hit in helpers.scan(client, index=index)} == set(TEXTS)


def test_the_asynchronous_client_reads_what_it_wrote(target: Target, index: str) -> None:
    async def talk() -> Any:
        auth = AWSV4SignerAsyncAuth(boto3.Session().get_credentials(), "us-east-1", target.service)
        async with AsyncOpenSearch(
            target.endpoint, http_auth=auth, connection_class=AsyncHttpConnection, timeout=60
        ) as client:
            await client.indices.create(index=index, body=body())
            await client.index(index=index, body={"text": TEXTS[0], "embedding": vector(TEXTS[0])})
            hits: list[Any] = []
            while not hits:
                hits = (await client.search(index=index, body={"query": {"match_all": {}}}))["hits"]["hits"]
            return hits

    assert asyncio.run(asyncio.wait_for(talk(), VISIBLE_SECONDS))[0]["_source"]["text"] == TEXTS[0]
