"""LlamaIndex's OpensearchVectorStore."""

import pytest
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery
from llama_index.vector_stores.opensearch import OpensearchVectorClient, OpensearchVectorStore
from opensearchpy import AsyncOpenSearch, OpenSearch, RequestError, RequestsHttpConnection

from tests.clients.target import DIMENSION, TEXTS, Target, made_without_engine, seen, vector

NODES = [TextNode(text=text, id_=f"node-{number}", embedding=vector(text)) for number, text in enumerate(TEXTS)]


def opened(target: Target, index: str) -> OpensearchVectorStore:
    synchronous = OpenSearch(
        target.endpoint, http_auth=target.auth, connection_class=RequestsHttpConnection, timeout=60
    )
    both = {"os_client": synchronous, "os_async_client": AsyncOpenSearch(target.endpoint), "http_auth": target.auth}
    return OpensearchVectorStore(OpensearchVectorClient(target.endpoint, index, DIMENSION, **both))


def test_nodes_are_stored_and_found(client: OpenSearch, target: Target, index: str) -> None:
    if target.kind == "collection":
        with pytest.raises(RequestError, match="Field parameter 'engine' is not supported"):
            opened(target, index).add(NODES)
        made_without_engine(client, index, "embedding")
    store = opened(target, index)
    store.add(NODES)
    query = VectorStoreQuery(query_embedding=vector(TEXTS[0]), similarity_top_k=2)
    assert seen(lambda: store.query(query).nodes)[0].get_content() == TEXTS[0]


@pytest.mark.kind("collection")
def test_a_classic_collection_takes_an_index_as_it_is_made(classic: Target) -> None:
    store = opened(classic, "nodes")
    store.add(NODES)
    query = VectorStoreQuery(query_embedding=vector(TEXTS[0]), similarity_top_k=2)
    assert seen(lambda: store.query(query).nodes)[0].get_content() == TEXTS[0]
