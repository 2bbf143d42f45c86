"""The recipes on an engine with ml-commons: passages found by their meaning, and a model that answers from them."""

from __future__ import annotations

from constructs import Construct

from osml.environment import Environment
from stacks.assistant import AssistantStack
from stacks.inference import InferenceStack
from stacks.ingestion import IngestionStack
from stacks.knowledge import KnowledgeStack
from stacks.search import SearchStack


def grounded_answers(scope: Construct, environment: Environment) -> None:
    """Search and inference may deploy side by side, knowledge after both, the assistant, if wanted, at the end.

    Without an answer, in the recipe semantic-search, knowledge holds one model, and a pipeline that answers nothing.
    """
    search = SearchStack(scope, environment)
    inference = InferenceStack(scope, environment)
    knowledge = KnowledgeStack(
        scope,
        environment,
        search=search,
        embedding=inference.embedding,
        answer=inference.answer,
        rerank=inference.rerank,
        sparse=inference.sparse,
    )
    knowledge.add_stack_dependency(search)
    knowledge.add_stack_dependency(inference)
    if environment.assistant:
        assistant = AssistantStack(
            scope, environment, environment.assistant, search=search, inference=inference, knowledge=knowledge
        )
        assistant.add_stack_dependency(knowledge)
    if environment.drop or environment.ingestion:
        ingestion = IngestionStack(scope, environment, search=search, inference=inference)
        ingestion.add_stack_dependency(knowledge)
