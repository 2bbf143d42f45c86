"""The recipe serverless: a collection, and an assistant that embeds, searches and asks the model itself."""

from __future__ import annotations

from constructs import Construct

from osml.environment import Environment
from stacks.assistant import AssistantStack
from stacks.collection_knowledge import CollectionKnowledgeStack
from stacks.inference import InferenceStack
from stacks.search import SearchStack


def serverless(scope: Construct, environment: Environment) -> None:
    """Four stacks, as every recipe with an assistant; knowledge is just the index."""
    search = SearchStack(scope, environment)
    inference = InferenceStack(scope, environment)
    knowledge = CollectionKnowledgeStack(scope, environment, search=search)
    knowledge.add_stack_dependency(search)
    assert environment.assistant is not None  # noqa: S101 for the type checker: the recipe has one always
    assistant = AssistantStack(
        scope, environment, environment.assistant, search=search, inference=inference, knowledge=None
    )
    assistant.add_stack_dependency(inference)
    assistant.add_stack_dependency(knowledge)
