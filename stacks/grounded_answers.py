"""The recipes that answer: passages found by their meaning, and a model that answers from them."""

from __future__ import annotations

from constructs import Construct

from osml.environment import Environment
from stacks.inference import InferenceStack
from stacks.knowledge import KnowledgeStack
from stacks.search import SearchStack


def grounded_answers(scope: Construct, environment: Environment) -> None:
    """Three stacks: search and inference may deploy side by side, knowledge after both."""
    search = SearchStack(scope, environment)
    inference = InferenceStack(scope, environment)
    knowledge = KnowledgeStack(
        scope, environment, search=search, embedding=inference.embedding, answer=inference.answer
    )
    knowledge.add_stack_dependency(search)
    knowledge.add_stack_dependency(inference)
