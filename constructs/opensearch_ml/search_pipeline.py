"""SearchPipeline: what happens to a question on its way into an index, and to the hits on their way out."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.ml_model import MlModel
from opensearch_ml.ml_resource import MlResource
from opensearch_ml.target import Target


class SearchPipeline(MlResource):
    """With `embedding_model`, neural queries need no model id: the pipeline gives them this one.

    With `answer_model`, retrieval-augmented generation over `text_field` of the hits. A hit without `text_field`
    then fails the whole search, so every document needs one; and every search must say what is asked.

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
        text_field: str = "text",
        system_prompt: str = "You answer questions from the passages you are given, and from nothing else.",
        user_instructions: str = "If the passages do not hold the answer, say that they do not.",
    ) -> None:
        if embedding_model is None and answer_model is None:
            raise ValueError(f"The search pipeline {name} does nothing; give it embedding_model, answer_model or both.")
        pipeline: dict[str, object] = {"description": f"Finds passages by the meaning of {text_field}"}
        if embedding_model is not None:
            enrich = {"default_model_id": embedding_model.physical_id}
            pipeline["request_processors"] = [{"neural_query_enricher": enrich}]
        if answer_model is not None:
            generation = {
                "model_id": answer_model.physical_id,
                "context_field_list": [text_field],
                "system_prompt": system_prompt,
                "user_instructions": user_instructions,
            }
            pipeline["description"] = f"Answers a question from {text_field} of the hits"
            pipeline["response_processors"] = [{"retrieval_augmented_generation": generation}]
        super().__init__(scope, id, target=target, kind="SearchPipeline", spec={"name": name, "pipeline": pipeline})
