"""What tutorials leave in a domain is shown as a tree and adopted, and the next deploy makes none of it again."""

from __future__ import annotations

import json

import pytest

from osml.takeover.contents import read
from osml.takeover.tree import Node, tree
from tests.contract import takeover_domain
from tests.contract.tutorials import TUTORIALS, Hand

domain, hand = takeover_domain.domain, takeover_domain.hand

EMBEDDING = {
    "model Sagemaker embedding model": {
        "model group Sagemaker embedding model group": {},
        "connector Sagemaker embedding connector": {},
    }
}
NEURAL = {"index my-nlp-index": {"ingest pipeline nlp-ingest-pipeline": EMBEDDING}}


def answering(pipeline: str, model: str, connector: str) -> dict[str, object]:
    return {
        f"search pipeline {pipeline}": {
            f"model {model}": {f"model group {model} group": {}, f"connector {connector}": {}}
        }
    }


EXPECTED = {
    "semantic-search": {"index my_index": {"ingest pipeline my_sagemaker_embedding_pipeline": EMBEDDING}},
    "deepseek-sagemaker": NEURAL
    | answering(
        "my-conversation-search-pipeline-deepseek", "Sagemaker DeepSeek R1 model", "DeepSeek R1 model connector"
    ),
    "deepseek-bedrock": NEURAL
    | answering("my-conversation-search-pipeline-deepseek", "Bedrock DeepSeek R1 model", "DeepSeek R1 model connector"),
    "deepseek-api": NEURAL
    | answering("my-conversation-search-pipeline-deepseek-chat", "DeepSeek Chat model", "DeepSeek Chat"),
}


def shape(nodes: tuple[Node, ...]) -> dict[str, object]:
    return {f"{node.kind} {node.name}": shape(node.uses) for node in nodes}


@pytest.mark.parametrize("tutorial", TUTORIALS)
def test_a_tutorial_leaves_a_tree(hand: Hand, tutorial: str) -> None:
    TUTORIALS[tutorial](hand)
    contents = read(hand.client)
    seen = tree(contents)
    assert shape(seen.roots) == EXPECTED[tutorial]
    assert (seen.unused, seen.broken) == ((), [])
    assert "sk-0123456789abcdef" not in json.dumps(seen.json())
