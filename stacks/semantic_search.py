"""The recipe semantic-search: a domain and a model that embeds; the hits are the answer."""

from __future__ import annotations

from constructs import Construct

from osml.environment import Environment
from stacks.inference import InferenceStack
from stacks.knowledge import KnowledgeStack
from stacks.search import SearchStack


def semantic_search(scope: Construct, environment: Environment) -> None:
    """Three stacks, as every recipe on a domain; knowledge holds one model, and a pipeline that answers nothing."""
    search = SearchStack(scope, environment)
    inference = InferenceStack(scope, environment)
    knowledge = KnowledgeStack(scope, environment, search=search, embedding=inference.embedding, answer=None)
    knowledge.add_stack_dependency(search)
    knowledge.add_stack_dependency(inference)
