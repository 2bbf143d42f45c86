"""The objects that every tool creates: two connectors, a group, two models, two pipelines and an index."""

from dataclasses import dataclass, replace
from typing import Any

from benchmarks.quick_endpoint import DIMENSION

QUESTION = "Who answers?"
EMBEDDING_PROBE = {"parameters": {"input": ["ready"]}}
ANSWER_PROBE = {"parameters": {"messages": [{"role": "user", "content": "Answer with the one word ready."}]}}


@dataclass(frozen=True)
class ReferenceSet:
    """The objects' bodies for the engine.

    All names begin with `name`. `endpoint` is the provider's address. `tokens` is the value that a change modifies.
    """

    name: str
    endpoint: str
    tokens: int = 256

    def changed(self) -> "ReferenceSet":
        """The same set with a changed answer connector."""
        return replace(self, tokens=self.tokens + 1)

    def embedding_connector(self) -> dict[str, Any]:
        functions = {
            "pre_process_function": "connector.pre_process.openai.embedding",
            "post_process_function": "connector.post_process.openai.embedding",
        }
        members = '"model": "${parameters.model}", "input": ${parameters.input}'
        return self._connector("embedding", "/embed", members, {}, functions)

    def answer_connector(self) -> dict[str, Any]:
        members = '"model": "${parameters.model}", "messages": ${parameters.messages}'
        members += ', "max_tokens": ${parameters.max_tokens}'
        return self._connector("answer", "/chat", members, {"max_tokens": str(self.tokens)}, {})

    def model(self, role: str, group_id: str, connector_id: str) -> dict[str, Any]:
        """The body of the model with the role `embedding` or `answer`."""
        names = {"name": f"{self.name}-{role}", "description": "Measured"}
        return {**names, "model_group_id": group_id, "connector_id": connector_id}

    def ingest_pipeline(self, embedding_model: str) -> dict[str, Any]:
        embed = {"model_id": embedding_model, "field_map": {"text": "embedding"}, "batch_size": 64}
        return {"description": "Embeds text", "processors": [{"text_embedding": embed}]}

    def search_pipeline(self, embedding_model: str, answer_model: str) -> dict[str, Any]:
        answer = {
            "model_id": answer_model,
            "context_field_list": ["text"],
            "system_prompt": "You answer questions from the passages you are given.",
            "user_instructions": "If the passages do not hold the answer, say so.",
        }
        return {
            "description": "Finds passages, and answers from them",
            "request_processors": [{"neural_query_enricher": {"default_model_id": embedding_model}}],
            "response_processors": [{"retrieval_augmented_generation": answer}],
        }

    def index(self) -> dict[str, Any]:
        """The body of the index, whose ingest pipeline has the set's name."""
        vector = {
            "type": "knn_vector",
            "dimension": DIMENSION,
            "method": {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"},
        }
        settings = {"knn": True, "number_of_shards": 1, "number_of_replicas": 0, "default_pipeline": self.name}
        return {
            "settings": {"index": settings},
            "mappings": {"properties": {"text": {"type": "text"}, "embedding": vector}},
        }

    def question(self) -> dict[str, Any]:
        """The body of a search for which the search pipeline writes an answer."""
        generation = {"llm_model": "quick", "llm_question": QUESTION, "context_size": 2, "timeout": 20}
        return {
            "query": {"neural": {"embedding": {"query_text": QUESTION, "k": 2}}},
            "size": 2,
            "_source": ["text"],
            "ext": {"generative_qa_parameters": generation},
        }

    def _connector(
        self, role: str, path: str, members: str, parameters: dict[str, str], functions: dict[str, str]
    ) -> dict[str, Any]:
        action = {
            "action_type": "predict",
            "method": "POST",
            "url": self.endpoint + path,
            "headers": {"Authorization": "Bearer ${credential.key}"},
            "request_body": f"{{{members}}}",
            **functions,
        }
        return {
            "name": f"{self.name}-{role}",
            "description": "Measured",
            "version": "1",
            "protocol": "http",
            "parameters": {"model": "quick", **parameters},
            "credential": {"key": "none"},
            "client_config": {"read_timeout": 10, "connection_timeout": 5, "max_connection": 30},
            "actions": [action],
        }
