"""LangChain's OpenSearchVectorSearch."""

import pytest
from langchain_community.vectorstores import OpenSearchVectorSearch
from langchain_core.embeddings import Embeddings
from opensearchpy import OpenSearch, RequestError, RequestsHttpConnection

from tests.clients.target import TEXTS, Target, made_without_engine, seen, vector


class Letters(Embeddings):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return vector(text)


@pytest.fixture
def store(target: Target, index: str) -> OpenSearchVectorSearch:
    return opened(target, index)


def opened(target: Target, index: str) -> OpenSearchVectorSearch:
    return OpenSearchVectorSearch(
        target.endpoint,
        index,
        Letters(),
        http_auth=target.auth,
        connection_class=RequestsHttpConnection,
        engine="faiss",
        is_aoss=target.kind == "collection",
        timeout=60,
    )


def test_texts_are_stored_and_found(
    client: OpenSearch, target: Target, store: OpenSearchVectorSearch, index: str
) -> None:
    if target.kind == "collection":
        with pytest.raises(RequestError, match="Field parameter 'engine' is not supported"):
            store.add_texts(list(TEXTS))
        made_without_engine(client, index, "vector_field")
    store.add_texts(list(TEXTS), [{"place": place} for place in ("harbour", "cellar", "library")])
    results = seen(lambda: store.similarity_search(TEXTS[2], k=3))
    assert results[0].page_content == TEXTS[2]
    assert results[0].metadata == {"place": "library"}
    cellar = {"term": {"metadata.place.keyword": "cellar"}}
    results = seen(lambda: store.similarity_search(TEXTS[2], k=3, efficient_filter=cellar))
    assert [hit.page_content for hit in results] == [TEXTS[1]]


@pytest.mark.kind("collection")
def test_a_classic_collection_takes_an_index_as_it_is_made(classic: Target) -> None:
    store = opened(classic, "made")
    store.add_texts(list(TEXTS))
    assert seen(lambda: store.similarity_search(TEXTS[2], k=3))[0].page_content == TEXTS[2]
