"""SearchPipeline: the processing of a search's question and hits."""

from __future__ import annotations

from dataclasses import dataclass

from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.ml_agent import MlAgent
from opensearch_ml.resources.ml_model import MlModel
from opensearch_ml.resources.ml_resource import MlResource


@dataclass(frozen=True)
class Mixture:
    """How the scores of a `hybrid` query are combined: `weights` are in the order of its queries, and their sum is 1.

    `normalization` is min_max, l2 or z_score (OpenSearch 3.0), `combination` arithmetic_mean, geometric_mean or
    harmonic_mean.
    """

    weights: tuple[float, ...]
    normalization: str = "min_max"
    combination: str = "arithmetic_mean"

    @property
    def processor(self) -> dict[str, object]:
        """The phase results processor."""
        combination = {"technique": self.combination, "parameters": {"weights": list(self.weights)}}
        return {
            "normalization-processor": {"normalization": {"technique": self.normalization}, "combination": combination}
        }


class SearchPipeline(MlResource):
    """A search pipeline. With `embedding_model`, neural queries need no model id, because the pipeline adds this one.

    With `sparse_model`, `neural_sparse` queries of `sparse_field` need no model id either (OpenSearch 2.13).

    With `mixture`, hybrid queries get comparable scores; other queries are unchanged.

    With `rerank_model`, hits are reranked by their `text_field` if the search has
    `ext.rerank.query_context.query_text`. Otherwise, or while the model does not answer, they keep their order.

    With `agent`, a flow or conversational agent with QueryPlanningTool turns the question of an `agentic` query into a
    query (OpenSearch 3.3). The agent may write any query, so callers see whatever that query finds in the index.

    With `answer_model`, the pipeline answers from `text_field` of the hits. A hit without `text_field` then fails the
    whole search, so every document needs one. Every search must contain the question.

    Raises ValueError without `embedding_model`, `answer_model` and `agent`, because the pipeline would do nothing.

    Example::

        ml.SearchPipeline(stack, "Answer", target=target, name="articles", embedding_model=model, answer_model=model)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        name: str,
        embedding_model: MlModel | None = None,
        answer_model: MlModel | None = None,
        agent: MlAgent | None = None,
        mixture: Mixture | None = None,
        rerank_model: MlModel | None = None,
        sparse_model: MlModel | None = None,
        sparse_field: str = "word_weights",
        text_field: str = "text",
        system_prompt: str = "You answer questions from the passages you are given, and from nothing else.",
        user_instructions: str = "If the passages do not hold the answer, say that they do not.",
        adopted: bool = False,
    ) -> None:
        if embedding_model is None and answer_model is None and agent is None:
            raise ValueError(f"The search pipeline {name} does nothing; set embedding_model, answer_model or agent.")
        pipeline: dict[str, object] = {"description": f"Finds passages by the meaning of {text_field}"}
        before: list[dict[str, object]] = []
        if agent is not None:
            before.append({"agentic_query_translator": {"agent_id": agent.physical_id}})
        if embedding_model is not None:
            enrich: dict[str, object] = {"default_model_id": embedding_model.physical_id}
            if sparse_model is not None:
                enrich["neural_field_default_id"] = {sparse_field: sparse_model.physical_id}
            before.append({"neural_query_enricher": enrich})
        if before:
            pipeline["request_processors"] = before
        if mixture is not None:
            pipeline["phase_results_processors"] = [mixture.processor]
        after: list[dict[str, object]] = []
        if agent is not None:
            after.append({"agentic_context": {"agent_steps_summary": True, "dsl_query": True}})
        if rerank_model is not None:
            by: dict[str, object] = {"ml_opensearch": {"model_id": rerank_model.physical_id}}
            by |= {"context": {"document_fields": [text_field]}, "ignore_failure": True}
            after.append({"rerank": by})
        if answer_model is not None:
            generation = {
                "model_id": answer_model.physical_id,
                "context_field_list": [text_field],
                "system_prompt": system_prompt,
                "user_instructions": user_instructions,
            }
            pipeline["description"] = f"Answers a question from {text_field} of the hits"
            after.append({"retrieval_augmented_generation": generation})
        if after:
            pipeline["response_processors"] = after
        if adopted:  # it keeps its description, which it has again when it is released
            del pipeline["description"]
        spec = {"name": name, "pipeline": pipeline}
        super().__init__(scope, id, target=target, kind="SearchPipeline", spec=spec, adopted=adopted)
