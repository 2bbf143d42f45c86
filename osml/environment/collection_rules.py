"""What the recipe serverless and a collection ask of the rest of an environment."""

from __future__ import annotations

from osml.environment.answer import Answer, secret_of
from osml.environment.answer_custom import CustomAnswer
from osml.environment.embedding import Embedding, OpenAiEmbedding
from osml.environment.knowledge import Index
from osml.environment.search import Search
from osml.environment.serverless import Serverless

NOT_ON_A_COLLECTION = ("shards", "replicas", "batch_size")


def collection_fault(
    recipe: str, search: Search, embedding: Embedding, answer: Answer | None, index: Index
) -> str | None:
    """What does not fit, as a sentence; None when all does, or when nothing is serverless."""
    collection = isinstance(search, Serverless)
    if collection and recipe != "serverless":
        return (
            f"search.kind is 'serverless', but the recipe {recipe} needs ml-commons, which a collection does not have; "
            "set recipe to serverless"
        )
    if recipe == "serverless" and not collection:
        return (
            "recipe is 'serverless', which searches a collection, but search.kind is another; "
            "set search.kind to serverless, or recipe to that of your model, with an assistant beside it"
        )
    if not isinstance(search, Serverless):
        return None
    if isinstance(answer, CustomAnswer):
        return (
            "answer.provider is 'custom', a connector of ml-commons, but on a collection the assistant calls the model "
            "itself; set it to deepseek, openai, sagemaker, bedrock or bedrock-converse"
        )
    for name in NOT_ON_A_COLLECTION:
        if name in index.model_fields_set:
            return f"index.{name} is set, but a collection decides that itself; leave it out"
    for field in (index.text_field, index.embedding_field):
        if field in ("stored", "passages"):
            return f"index names a field {field!r}, which an index of a collection has already; choose another name"
    vpc = search.vpc
    outside = isinstance(embedding, OpenAiEmbedding) or secret_of(answer) is not None
    if vpc is not None and vpc.endpoints == "create" and outside:
        return (
            "search.vpc.endpoints is 'create', but a model outside AWS is not reached by an endpoint; give the subnets "
            "a NAT gateway and set search.vpc.endpoints to exist, or choose a model on AWS"
        )
    return None
