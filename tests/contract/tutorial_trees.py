"""What the import shows of the objects that each tutorial leaves."""

from __future__ import annotations

from osml.takeover.tree import Node

EMBEDS, CHATS = "Sagemaker embedding", "my-conversation-search-pipeline-deepseek"


def model_with(model: str, connector: str, group: str | None = None) -> dict[str, object]:
    """A model whose group has the model's name if no other is given."""
    return {f"model {model}": {f"model group {group or f'{model} group'}": {}, f"connector {connector}": {}}}


EMBEDDING = model_with(f"{EMBEDS} model", f"{EMBEDS} connector")
NEURAL = {"index my-nlp-index": {"ingest pipeline nlp-ingest-pipeline": EMBEDDING}}
R1 = "DeepSeek R1 model connector"
FLOW: dict[str, object] = {
    "model Bedrock embedding model": {
        "model group Bedrock embedding model": {},
        "connector Amazon Bedrock Connector: embedding": {},
    }
}
SAGEMAKER_R1 = "DeepSeek R1 Model on SageMaker"
TITAN_V2 = "Bedrock Titan Embedding Model V2"
TREES: dict[str, dict[str, object]] = {
    "semantic-search": {"index my_index": {"ingest pipeline my_sagemaker_embedding_pipeline": EMBEDDING}},
    "deepseek-sagemaker": {**NEURAL, f"search pipeline {CHATS}": model_with("Sagemaker DeepSeek R1 model", R1)},
    "deepseek-bedrock": {**NEURAL, f"search pipeline {CHATS}": model_with("Bedrock DeepSeek R1 model", R1)},
    "deepseek-api": {**NEURAL, f"search pipeline {CHATS}-chat": model_with("DeepSeek Chat model", "DeepSeek Chat")},
    "notebook": {
        "index population_data": {
            "ingest pipeline text-embedding-ingest-pipeline": model_with(
                TITAN_V2, "Amazon Bedrock Connector: titan embedding v2", TITAN_V2
            )
        },
        "search pipeline rag-pipeline-deepseek": model_with(SAGEMAKER_R1, R1, SAGEMAKER_R1),
    },
    "terraform": {
        "index terraform-index": {
            "ingest pipeline terraform-test": model_with(
                "third_party_with_optional", "with_pre_post_processing", "minimal"
            )
        }
    },
    "flow-framework": {
        "index my-flow-index": {"ingest pipeline nlp-flow-pipeline": FLOW, "search pipeline flow-query-pipeline": FLOW}
    },
}
UNUSED: dict[str, dict[str, object]] = {
    "notebook": {
        **model_with("DeepSeek Chat Model", "DeepSeek Chat", "DeepSeek Chat Model"),
        **model_with("DeepSeek R1 Model on Bedrock", R1, "DeepSeek R1 Model on Bedrock"),
    }
}
DIMENSIONS = {"flow-framework": 1536, "notebook": 1024, "terraform": 1024}
PROVIDERS = {
    "semantic-search": None,
    "terraform": None,
    "notebook": {"provider": "sagemaker", "endpoint": "chat-r1", "max_tokens": 512, "top_p": 0.9},
    "flow-framework": None,
    "deepseek-sagemaker": {"provider": "sagemaker", "endpoint": "chat-r1", "max_tokens": 512, "top_p": 0.9},
    "deepseek-bedrock": {
        "provider": "bedrock",
        "model": "arn:aws:bedrock:us-east-1:000000000000:imported-model/abcdef123456",
    },
    "deepseek-api": {"provider": "deepseek", "model": "deepseek-chat"},
}


def shape(nodes: tuple[Node, ...]) -> dict[str, object]:
    return {f"{node.kind} {node.name}": shape(node.uses) for node in nodes}
