"""What the assistant is made of in this environment, made once for each process."""

from dataclasses import dataclass
from functools import cache

from requests.auth import AuthBase

from assistant.conversations import Conversations
from assistant.generation import Generation
from assistant.search import Searching
from assistant.search.engine import Engine
from assistant.settings import EngineEmbedding, PipelineAnswer, Settings, Table, from_environment


@dataclass(frozen=True)
class Parts:
    """`settings` and what was made from them; without `generation` the sources are the answer."""

    settings: Settings
    search: Searching
    generation: Generation | None
    conversations: Conversations


def assembled(settings: Settings, auth: AuthBase | None = None) -> Parts:
    """The parts that the settings name; modules of others are not imported.

    `auth` signs the requests to the search engine; without it the assistant signs in as the settings say.
    """
    engine = Engine(settings, auth)
    return Parts(settings, _search(settings, engine), _generation(settings, engine), _conversations(settings, engine))


@cache
def parts() -> Parts:
    """The parts of the environment variable `ASSISTANT`."""
    return assembled(from_environment())


def _search(settings: Settings, engine: Engine) -> Searching:
    if isinstance(settings.embedding, EngineEmbedding):
        from assistant.search.domain import Domain

        return Domain(engine)
    from assistant.embedding import embedding
    from assistant.search.collection import Collection

    return Collection(engine, embedding(settings))


def _generation(settings: Settings, engine: Engine) -> Generation | None:
    if settings.answer is None:
        return None
    if isinstance(settings.answer, PipelineAnswer):
        from assistant.generation import PipelineGeneration

        return PipelineGeneration(engine, settings.answer)
    from assistant.answer_model import model
    from assistant.generation import OwnGeneration

    return OwnGeneration(model(settings), settings.prompt)


def _conversations(settings: Settings, engine: Engine) -> Conversations:
    if isinstance(settings.conversations, Table):
        from assistant.conversations.table import ConversationTable

        return ConversationTable(settings.conversations, settings.timeouts)
    from assistant.conversations.memory import ConversationMemory

    return ConversationMemory(engine)
