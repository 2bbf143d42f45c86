"""The objects that the DeepSeek notebook, Terraform, opensearch-py-ml and the console's template leave in a domain.

The request bodies are those of their sources: ml-commons `docs/tutorials/aws/DeepSeek_demo_notebook_for_RAG.ipynb`, the
examples of terraform-provider-opensearch, and `model_uploader.py` and `ai_connector_helper.py` of opensearch-py-ml. The
console's template is not published: its documentation says that it makes the connector and the model of the SageMaker
tutorial.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

from tests import model_states
from tests.contract.tutorials import (
    IMPORTED,
    Hand,
    deepseek_bedrock_connector,
    deepseek_chat_connector,
    deepseek_sagemaker_connector,
    sagemaker_embedding_connector,
)

TITAN_V2_DIMENSION = 1024
TITAN = {
    "method": "POST",
    "pre_process_function": "connector.pre_process.bedrock.embedding",
    "post_process_function": "connector.post_process.bedrock.embedding",
}


def _helped(hand: Hand, key: str, name: str, connector: str) -> str:
    """Register and deploy a model in one request, without a group, as AIConnectorHelper does."""
    body = {"name": name, "function_name": "remote", "description": name, "connector_id": connector}
    registered = hand.client.post("/_plugins/_ml/models/_register", body, deploy="true")
    return hand.registered(key, str(registered["model_id"]))


def notebook(hand: Hand) -> None:
    """The notebook's three answer models, of which only the last one answers, and texts without an id."""
    for key, name, connector in (
        ("chat", "DeepSeek Chat Model", deepseek_chat_connector(hand, "chat")),
        (
            "bedrock",
            "DeepSeek R1 Model on Bedrock",
            deepseek_bedrock_connector(hand, "bedrock", quote_plus(IMPORTED)),
        ),
        ("answer", "DeepSeek R1 Model on SageMaker", deepseek_sagemaker_connector(hand)),
    ):
        answering = _helped(hand, key, name, connector)
    chosen = {"dimensions": 1024, "normalize": True, "embeddingTypes": ["float"]}
    model = {"model": "amazon.titan-embed-text-v2:0", **chosen}
    fields = ", ".join(f'"{each}": ${{parameters.{each}}}' for each in chosen)
    action = {
        **TITAN,
        "action_type": "predict",
        "url": "https://bedrock-runtime.${parameters.region}.amazonaws.com/model/${parameters.model}/invoke",
        "headers": {"content-type": "application/json", "x-amz-content-sha256": "required"},
        "request_body": f'{{ "inputText": "${{parameters.inputText}}", {fields} }}',
    }
    body = {
        "name": "Amazon Bedrock Connector: titan embedding v2",
        "version": 1,
        "protocol": "aws_sigv4",
        "parameters": {"region": "us-east-1", "service_name": "bedrock", **model},
        "actions": [action],
    }
    embedding = _helped(hand, "embedding", "Bedrock Titan Embedding Model V2", hand.connector("embedding", body))
    embeds = {"text_embedding": {"model_id": embedding, "field_map": {"text": "passage_embedding"}}}
    pipeline = {"description": "Text embedding ingest pipeline", "processors": [embeds]}
    hand.ingest_pipeline("text-embedding-ingest-pipeline", pipeline)
    method = {"engine": "lucene", "space_type": "l2", "name": "hnsw", "parameters": {}}
    properties = {
        "id": {"type": "text"},
        "passage_embedding": {"type": "knn_vector", "dimension": TITAN_V2_DIMENSION, "method": method},
        "text": {"type": "text"},
    }
    settings = {"index.knn": True, "default_pipeline": "text-embedding-ingest-pipeline"}
    hand.index("population_data", {"settings": settings, "mappings": {"properties": properties}}, "Miami grows.")
    answers = {
        "tag": "Demo pipeline",
        "description": "Demo pipeline Using DeepSeek R1",
        "model_id": answering,
        "context_field_list": ["text"],
        "system_prompt": "You are a helpful assistant.",
        "user_instructions": "Generate a concise and informative answer in less than 100 words for the given question",
    }
    hand.search_pipeline(
        "rag-pipeline-deepseek", {"response_processors": [{"retrieval_augmented_generation": answers}]}
    )


def terraform(hand: Hand) -> None:
    """The group, connector and model of the examples, with a limit of calls, and a pipeline and an index."""
    action = {
        **TITAN,
        "action_type": "predict",
        "url": "https://bedrock-runtime.${parameters.region}.amazonaws.com/model/amazon.titan-embed-text-v2:0/invoke",
        "headers": {"Content-Type": "application/json", "x-amz-content-sha256": "required"},
        "request_body": '{ "inputText": "${parameters.inputText}" }',
    }
    body = {
        "name": "with_pre_post_processing",
        "description": "ML Connector pre and post processing functions",
        "version": "1",
        "protocol": "aws_sigv4",
        "parameters": {"region": "us-east-1", "service_name": "bedrock"},
        "actions": [action],
    }
    group = hand.client.post("/_plugins/_ml/model_groups/_register", {"name": "minimal"})["model_group_id"]
    third_party = {
        "name": "third_party_with_optional",
        "description": "ML Model for third-party model with optional attributes",
        "function_name": "REMOTE",
        "model_group_id": group,
        "connector_id": hand.connector("embedding", body),
        "rate_limiter": {"limit": "4", "unit": "SECONDS"},
    }
    model = hand.registered(
        "embedding", str(hand.client.post("/_plugins/_ml/models/_register", third_party)["model_id"])
    )
    model_states.deploy(hand.send, model)
    embeds = {"text_embedding": {"model_id": model, "field_map": {"text": "embedding"}}}
    pipeline = {"description": "describe pipeline", "version": 123, "processors": [embeds]}
    hand.ingest_pipeline("terraform-test", pipeline)
    vectors = {"type": "knn_vector", "dimension": TITAN_V2_DIMENSION}
    fields = {"properties": {"text": {"type": "text"}, "embedding": vectors}}
    numbers = {"number_of_shards": "1", "number_of_replicas": "1"}
    settings = {"index": {**numbers, "knn": True, "default_pipeline": "terraform-test"}}
    hand.index("terraform-index", {"settings": settings, "mappings": fields}, "A plan.")


def console_template(hand: Hand) -> None:
    """Only the connector and the model: people make the pipeline and the index themselves."""
    _helped(hand, "embedding", "Sagemaker embedding model", sagemaker_embedding_connector(hand))


def uploaded_model(hand: Hand) -> str:
    """`register_model` of opensearch-py-ml: a model that runs in the engine, and a pipeline with an index for it.

    The model's weights are not sent: its state stays REGISTERING, as after an interrupted upload.
    """
    uploaded: dict[str, Any] = {
        "name": "sentence-transformers/all-MiniLM-L6-v2",
        "version": "1.0.1",
        "model_format": "TORCH_SCRIPT",
        "model_task_type": "TEXT_EMBEDDING",
        "model_content_hash_value": "c15f0d2e62d872be5b5bc6c84d2e0f4921541e29fefbef51d59cc10a8ae30e0f",
        "model_content_size_in_bytes": 91790008,
        "total_chunks": 10,
        "model_config": {
            "model_type": "bert",
            "embedding_dimension": 384,
            "framework_type": "sentence_transformers",
        },
    }
    allowed = "plugins.ml_commons.allow_registering_model_via_local_file"
    hand.client.put("/_cluster/settings", {"persistent": {allowed: True}})
    try:
        made = hand.client.post("/_plugins/_ml/models/meta", uploaded)
    finally:
        hand.client.put("/_cluster/settings", {"persistent": {allowed: None}})
    model = hand.registered("embedding", str(made["model_id"]))
    embeds = {"text_embedding": {"model_id": model, "field_map": {"text": "embedding"}}}
    hand.ingest_pipeline("local-embedding", {"description": "embeds", "processors": [embeds]})
    vectors = {"type": "knn_vector", "dimension": 384}
    fields = {"properties": {"text": {"type": "text"}, "embedding": vectors}}
    settings = {"index": {"knn": True, "default_pipeline": "local-embedding"}}
    hand.index("local", {"settings": settings, "mappings": fields})
    return model
