"""The stacks of an environment, whatever its recipe; the kind of its search engine decides which stacks it has."""

from __future__ import annotations

from constructs import Construct

from settings import Environment
from stacks.alarm_topic import tell
from stacks.assistant import AssistantStack
from stacks.collection_knowledge import CollectionKnowledgeStack
from stacks.encryption import encrypt
from stacks.inference import InferenceStack
from stacks.ingestion import IngestionStack
from stacks.knowledge import KnowledgeStack
from stacks.search import SearchStack


def environment_stacks(scope: Construct, environment: Environment) -> None:
    """Create the stacks of `environment` in `scope`, with their dependencies.

    Search and inference may deploy at the same time. Knowledge follows both, then the assistant and ingestion, if
    wanted. Without an answer model, knowledge has no answer pipeline. On a collection, knowledge is only the index, and
    the assistant embeds, searches and calls the answer model itself.
    """
    search = SearchStack(scope, environment)
    inference = InferenceStack(scope, environment)
    engine = environment.engine
    knowledge = KnowledgeStack(scope, environment, engine, search=search, inference=inference) if engine else None
    last = knowledge or CollectionKnowledgeStack(scope, environment, search=search)
    last.add_stack_dependency(search)
    if knowledge:
        knowledge.add_stack_dependency(inference)
    if environment.assistant:
        assistant = AssistantStack(
            scope, environment, environment.assistant, search=search, inference=inference, knowledge=knowledge
        )
        if not knowledge:
            assistant.add_stack_dependency(inference)
        assistant.add_stack_dependency(last)
    if environment.drop or environment.ingestion or environment.sources:
        ingestion = IngestionStack(scope, environment, search=search, inference=inference)
        if not knowledge:
            ingestion.add_stack_dependency(inference)
        ingestion.add_stack_dependency(last)
    if environment.alarms:
        tell(scope, environment, environment.alarms)
    if environment.encryption:
        encrypt(scope, environment.encryption)
