"""Haystack's OpenSearchDocumentStore."""

import pytest
from haystack.dataclasses import Document
from haystack.document_stores.types import DuplicatePolicy
from haystack_integrations.document_stores.opensearch import OpenSearchDocumentStore
from haystack_integrations.document_stores.opensearch.auth import AWSAuth
from opensearchpy import OpenSearch

from tests.clients.target import DIMENSION, TEXTS, Target, made_without_engine, seen, vector

DOCUMENTS = [Document(id=str(number), content=text, embedding=vector(text)) for number, text in enumerate(TEXTS)]


@pytest.fixture
def store(target: Target, index: str) -> OpenSearchDocumentStore:
    return opened(target, index)


def opened(target: Target, index: str) -> OpenSearchDocumentStore:
    auth = AWSAuth(aws_service=target.service)
    return OpenSearchDocumentStore(
        hosts=target.endpoint, index=index, embedding_dim=DIMENSION, http_auth=auth, verify_certs=True, timeout=60
    )


@pytest.mark.kind("domain")
def test_documents_are_written_found_and_deleted(store: OpenSearchDocumentStore) -> None:
    assert store.write_documents(DOCUMENTS) == len(DOCUMENTS)
    assert store.count_documents() == len(DOCUMENTS)
    assert store._embedding_retrieval(vector(TEXTS[1]), top_k=1)[0].content == TEXTS[1]
    store.delete_documents(["0"])
    assert store.count_documents() == len(DOCUMENTS) - 1


@pytest.mark.kind("collection")
def test_documents_cannot_be_written(client: OpenSearch, store: OpenSearchDocumentStore, index: str) -> None:
    made_without_engine(client, index, "embedding")
    with pytest.raises(Exception, match="wait_for refresh policy is not supported"):
        store.write_documents(DOCUMENTS)
    # Haystack gives every document an id, which a vector collection refuses.
    with pytest.raises(Exception, match="Document ID is not supported"):
        store.write_documents(DOCUMENTS, policy=DuplicatePolicy.OVERWRITE, refresh=False)
    seen(lambda: store.count_documents() == 0)


@pytest.mark.kind("collection")
def test_a_classic_collection_takes_no_documents_either(classic: Target) -> None:
    store = opened(classic, "documents")
    with pytest.raises(Exception, match="wait_for refresh policy is not supported"):
        store.write_documents(DOCUMENTS)
    with pytest.raises(Exception, match="Document ID is not supported"):
        store.write_documents(DOCUMENTS, policy=DuplicatePolicy.OVERWRITE, refresh=False)
