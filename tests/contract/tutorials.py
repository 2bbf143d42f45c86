"""The objects that four tutorials, flow-framework and AIConnectorHelper leave in a domain, made by direct requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mlcommons import Client
from mlcommons.client import path_of
from mlcommons.errors import Conflict
from tests import model_states
from tests.waiting import until

DIMENSION = 2
TITAN_DIMENSION = 1536
EMBEDS = "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/minilm/invocations"
R1_SAGEMAKER = "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/chat-r1/invocations"
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com/model/${parameters.model_id}/invoke"
IMPORTED = "arn:aws:bedrock:us-east-1:000000000000:imported-model/abcdef123456"
COMPLETION = 'return \'{"name": "response", "dataAsMap": {"completion": "\' + escape(%s) + \'"}}\';'
R1_PROMPT = "<｜begin▁of▁sentence｜><｜User｜>${parameters.inputs}<｜Assistant｜>"
SYSTEM = "You are a helpful assistant."
INSTRUCTIONS = "Answer in less than 100 words."


@dataclass
class Hand:
    """Somebody's requests to the engine, and the ids of the objects they made; `role` and `secret` are ARNs of AWS."""

    client: Client
    role: str
    secret: str
    made: dict[str, str] = field(default_factory=dict)

    def connector(self, key: str, body: dict[str, Any], **credential: str) -> str:
        sent = {"description": "A test connector", "version": "1.0", **body}
        sent["credential"] = {"roleArn": self.role, **credential}
        answer = self.client.post("/_plugins/_ml/connectors/_create", sent)
        another = f" {len(self.made)}" if f"{key} connector" in self.made else ""
        self.made[f"{key}{another} connector"] = answer["connector_id"]
        return str(answer["connector_id"])

    def model(self, key: str, name: str, connector: str, *, deploy: bool = True, group: bool = True) -> str:
        """Register and deploy a model; without a `group`, the engine makes one with the model's name."""
        registered = {"name": name, "function_name": "remote", "description": name, "connector_id": connector}
        if group:
            body = {"name": f"{name} group", "description": f"Test group of {name}"}
            made = self.client.post("/_plugins/_ml/model_groups/_register", body)["model_group_id"]
            registered["model_group_id"] = made
        model_id = self.registered(key, str(self.client.post("/_plugins/_ml/models/_register", registered)["model_id"]))
        if deploy:
            model_states.deploy(self.send, model_id)
        return model_id

    def registered(self, key: str, model_id: str) -> str:
        """Record a registered model and its group."""
        self.made[f"{key} model"] = model_id
        shown = self.client.get(path_of("_plugins", "_ml", "models", model_id))
        self.made[f"{key} group"] = shown["model_group_id"]
        return model_id

    def ingest_pipeline(self, name: str, body: dict[str, Any]) -> None:
        self.client.put(path_of("_ingest", "pipeline", name), body)
        self.made[f"ingest pipeline {name}"] = name

    def search_pipeline(self, name: str, body: dict[str, Any]) -> None:
        self.client.put(path_of("_search", "pipeline", name), body)
        self.made[f"search pipeline {name}"] = name

    def index(self, name: str, body: dict[str, Any], *texts: str) -> None:
        self.client.put(path_of(name), body)
        self.made[f"index {name}"] = name
        for number, text in enumerate(texts, start=1):
            self.client.post(path_of(name, "_doc", str(number)), {"text": text}, refresh="true")

    def clean(self) -> None:
        """Delete everything, first the users of an object and then the object."""
        paths = {"index": (), "ingest": ("_ingest", "pipeline"), "search": ("_search", "pipeline")}
        for key, made in self.made.items():
            if key.split()[0] in paths:
                self._delete(path_of(*paths[key.split()[0]], made))
        for kind in ("model", "group", "connector"):
            for key, made in self.made.items():
                if key.endswith(f" {kind}"):
                    if kind == "model":
                        model_states.undeploy(self.send, made)
                    folder = {"model": "models", "group": "model_groups", "connector": "connectors"}[kind]
                    self._delete(path_of("_plugins", "_ml", folder, made))

    def send(self, method: str, path: str) -> Any:
        """Send a request without a body, and return the body of the answer."""
        return {"GET": self.client.get, "POST": self.client.post}[method](path)

    def _delete(self, path: str) -> None:
        until(f"the end of {path}", lambda: self._deleted(path))

    def _deleted(self, path: str) -> bool:
        """Whether it is gone; on 2.19, a group still contains its last model for a second after that is deleted."""
        if self.client.find(path) is not None:
            try:
                self.client.delete(path)
            except Conflict:
                return False
        return True


def sagemaker_embedding_connector(hand: Hand) -> str:
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": EMBEDS,
        "headers": {"content-type": "application/json"},
        "request_body": "${parameters.input}",
        "pre_process_function": "connector.pre_process.default.embedding",
        "post_process_function": "connector.post_process.default.embedding",
    }
    return hand.connector(
        "embedding",
        {
            "name": "Sagemaker embedding connector",
            "protocol": "aws_sigv4",
            "parameters": {"region": "us-east-1", "service_name": "sagemaker"},
            "actions": [action],
        },
    )


def sagemaker_embedding(hand: Hand) -> str:
    """The connector and model of the tutorial for semantic search; the other tutorials refer to it for them."""
    return hand.model("embedding", "Sagemaker embedding model", sagemaker_embedding_connector(hand))


def semantic_search(hand: Hand) -> None:
    """Vectors of a SageMaker endpoint: no RAG, and an index whose mapping does not name its text field."""
    model = sagemaker_embedding(hand)
    embeds = {"text_embedding": {"model_id": model, "field_map": {"text": "text_knn"}}}
    hand.ingest_pipeline("my_sagemaker_embedding_pipeline", {"description": "embeds", "processors": [embeds]})
    vectors = {"type": "knn_vector", "dimension": DIMENSION}
    settings = {"index": {"default_pipeline": "my_sagemaker_embedding_pipeline", "knn": "true"}}
    hand.index("my_index", {"settings": settings, "mappings": {"properties": {"text_knn": vectors}}}, "hello world.")


def _neural_search(hand: Hand) -> None:
    """The index of the neural search tutorial, with five shards, which was a domain's default once."""
    model = sagemaker_embedding(hand)
    embeds = {"text_embedding": {"model_id": model, "field_map": {"text": "passage_embedding"}}}
    hand.ingest_pipeline("nlp-ingest-pipeline", {"description": "An NLP pipeline", "processors": [embeds]})
    method = {"engine": "lucene", "space_type": "l2", "name": "hnsw", "parameters": {}}
    fields = {
        "id": {"type": "text"},
        "passage_embedding": {"type": "knn_vector", "dimension": DIMENSION, "method": method},
        "text": {"type": "text"},
    }
    settings = {"index.knn": True, "default_pipeline": "nlp-ingest-pipeline", "number_of_shards": 5}
    hand.index(
        "my-nlp-index",
        {"settings": settings, "mappings": {"properties": fields}},
        "The metro area of Seattle grows.",
        "The metro area of Miami grows faster.",
    )


def _rag(hand: Hand, pipeline: str, model: str) -> None:
    answers = {
        "tag": "Demo pipeline",
        "description": "Demo pipeline",
        "model_id": model,
        "context_field_list": ["text"],
        "system_prompt": SYSTEM,
        "user_instructions": INSTRUCTIONS,
    }
    hand.search_pipeline(pipeline, {"response_processors": [{"retrieval_augmented_generation": answers}]})


def deepseek_sagemaker_connector(hand: Hand) -> str:
    action = {
        "action_type": "PREDICT",
        "method": "POST",
        "url": R1_SAGEMAKER,
        "headers": {"content-type": "application/json"},
        "request_body": '{"inputs": "${parameters.inputs}", "parameters": {"do_sample": ${parameters.do_sample}, '
        '"top_p": ${parameters.top_p}, "temperature": ${parameters.temperature}, '
        '"max_new_tokens": ${parameters.max_new_tokens}}}',
        "post_process_function": COMPLETION % "params.result[0].generated_text",
    }
    chosen = {"do_sample": True, "top_p": 0.9, "temperature": 0.7, "max_new_tokens": 512}
    body = {
        "name": "DeepSeek R1 model connector",
        "protocol": "aws_sigv4",
        "parameters": {"service_name": "sagemaker", "region": "us-east-1", **chosen},
        "actions": [action],
    }
    return hand.connector("answer", body)


def deepseek_sagemaker(hand: Hand) -> None:
    model = hand.model("answer", "Sagemaker DeepSeek R1 model", deepseek_sagemaker_connector(hand))
    _rag(hand, "my-conversation-search-pipeline-deepseek", model)
    _neural_search(hand)


def deepseek_bedrock_connector(hand: Hand, key: str = "answer", model: str = IMPORTED) -> str:
    action = {
        "action_type": "PREDICT",
        "method": "POST",
        "url": BEDROCK,
        "headers": {"content-type": "application/json"},
        "request_body": f'{{"prompt": "{R1_PROMPT}", "temperature": ${{parameters.temperature}}, '
        '"max_gen_len": ${parameters.max_gen_len}}',
        "post_process_function": COMPLETION % "params.generation",
    }
    chosen = {"model_id": model, "temperature": 0, "max_gen_len": 4000}
    body = {
        "name": "DeepSeek R1 model connector",
        "protocol": "aws_sigv4",
        "parameters": {"service_name": "bedrock", "region": "us-east-1", **chosen},
        "actions": [action],
    }
    return hand.connector(key, body)


def deepseek_bedrock(hand: Hand) -> None:
    model = hand.model("answer", "Bedrock DeepSeek R1 model", deepseek_bedrock_connector(hand))
    _rag(hand, "my-conversation-search-pipeline-deepseek", model)
    _neural_search(hand)


def deepseek_chat_connector(hand: Hand, key: str = "answer") -> str:
    headers = {"Content-Type": "application/json", "Authorization": "Bearer ${credential.secretArn.my_deepseek_key}"}
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": "https://${parameters.endpoint}/v1/chat/completions",
        "headers": headers,
        "request_body": '{"model": "${parameters.model}", "messages": ${parameters.messages}}',
    }
    body = {
        "name": "DeepSeek Chat",
        "version": "1",
        "protocol": "http",
        "parameters": {"endpoint": "api.deepseek.com", "model": "deepseek-chat"},
        "actions": [action],
    }
    return hand.connector(key, body, secretArn=hand.secret)


def deepseek_chat(hand: Hand) -> None:
    model = hand.model("answer", "DeepSeek Chat model", deepseek_chat_connector(hand))
    _rag(hand, "my-conversation-search-pipeline-deepseek-chat", model)
    _neural_search(hand)


def flow_framework(hand: Hand) -> None:
    """The use case semantic search with a query enricher: the index names a search pipeline, the model has no group."""
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v1/invoke",
        "headers": {"content-type": "application/json", "x-amz-content-sha256": "required"},
        "request_body": '{"inputText": "${parameters.inputText}"}',
        "pre_process_function": "connector.pre_process.bedrock.embedding",
        "post_process_function": "connector.post_process.bedrock.embedding",
    }
    body = {
        "name": "Amazon Bedrock Connector: embedding",
        "protocol": "aws_sigv4",
        "parameters": {"region": "us-east-1", "service_name": "bedrock"},
        "actions": [action],
    }
    model = hand.model("embedding", "Bedrock embedding model", hand.connector("embedding", body), group=False)
    embeds = {"text_embedding": {"model_id": model, "field_map": {"passage_text": "passage_embedding"}}}
    hand.ingest_pipeline("nlp-flow-pipeline", {"description": "A text embedding pipeline", "processors": [embeds]})
    enriches = {"description": "Sets the default model ID", "default_model_id": model}
    hand.search_pipeline("flow-query-pipeline", {"request_processors": [{"neural_query_enricher": enriches}]})
    method = {"engine": "lucene", "space_type": "l2", "name": "hnsw", "parameters": {}}
    fields = {
        "passage_embedding": {"type": "knn_vector", "dimension": TITAN_DIMENSION, "method": method},
        "passage_text": {"type": "text"},
    }
    settings = {
        "index.knn": True,
        "default_pipeline": "nlp-flow-pipeline",
        "number_of_shards": "2",
        "index.search.default_pipeline": "flow-query-pipeline",
    }
    hand.index("my-flow-index", {"settings": settings, "mappings": {"properties": fields}})
    hand.client.post("/my-flow-index/_doc/1", {"passage_text": "A flow."}, refresh="true")


def connector_helper(hand: Hand) -> None:
    """A connector, and a model in a group that the engine makes; no pipeline."""
    hand.model("answer", "DeepSeek Chat model", deepseek_chat_connector(hand), group=False)


TUTORIALS: dict[str, Callable[[Hand], None]] = {
    "semantic-search": semantic_search,
    "deepseek-sagemaker": deepseek_sagemaker,
    "deepseek-bedrock": deepseek_bedrock,
    "deepseek-api": deepseek_chat,
    "flow-framework": flow_framework,
}
