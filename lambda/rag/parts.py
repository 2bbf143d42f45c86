"""The parts of the assistant in this environment, created once in each process."""

from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING, cast

from rag.conversations import Conversations, History
from rag.generation import Generation, OwnGeneration
from rag.guardrails import Guard, guard
from rag.own_settings import from_environment
from rag.search import Searching
from rag.search.engine import IndexClient
from rag.wire import Auth
from settings.answer import AnswerModel
from settings.runtime_settings import ConversationIndexSettings, EngineEmbedding, PipelineAnswer, RuntimeSettings, Table

if TYPE_CHECKING:
    from rag.agentic import AgenticSearch
    from rag.answer_cache import AnswerCache
    from rag.conversations.share import Shares
    from rag.feedback import FeedbackStore
    from rag.prompt_versions import PromptVersions
    from rag.tool_prompt import ToolCaller


@dataclass(frozen=True)
class Parts:
    """The `settings` and the parts made from them; without `generation` the sources are the answer.

    `agentic` runs the searches that the answer model chooses, if `retrieval.agentic` is set. `prompts` are the versions
    of the prompt. `tailored` caches the parts for other models and prompts.
    """

    settings: RuntimeSettings
    search: Searching
    generation: Generation | None
    conversations: Conversations
    guard: Guard = field(default_factory=lambda: Guard([]))
    feedback: "FeedbackStore | None" = None
    agentic: "AgenticSearch | None" = None
    cache: "AnswerCache | None" = None
    prompts: "PromptVersions | None" = None
    tailored: "dict[tuple[str | None, str], Parts]" = field(default_factory=dict, init=False, compare=False, repr=False)
    shares: "Shares | None" = None

    @property
    def history(self) -> History | None:
        """The conversations, if they can be listed; None if the engine's memory stores them, which has no such list."""
        return None if self.settings.conversations.kind == "memory" else cast(History, self.conversations)


def assembled(settings: RuntimeSettings, auth: Auth | None = None) -> Parts:
    """The parts that the settings name; the modules of other parts are not imported.

    `auth` signs the requests to the search engine; by default the assistant signs in as the settings say.
    """
    engine = IndexClient(settings, auth)
    timeouts = settings.timeouts
    generation = _generation(settings, engine)
    return Parts(
        settings,
        _search(settings, engine),
        generation,
        _conversations(settings, engine),
        guard(settings.guardrails, timeouts.answer, timeouts.connection),
        _feedback(settings, engine),
        _agentic(settings, generation),
        _cache(settings),
        _prompts(settings),
        _shares(settings, engine),
    )


def answering_by(parts: Parts, settings: RuntimeSettings, name: str | None) -> Parts:
    """The `parts` with the model and the prompt of `settings`; readers choose the model by `name`."""
    from rag.answer_model import model

    chosen = settings.answer
    assert isinstance(chosen, AnswerModel)  # noqa: S101 for the type checker
    generation = OwnGeneration(partial(model, settings), settings.prompt, chosen.control_tokens, name)
    agentic, answers = _agentic(settings, generation), _cache(settings)
    return replace(parts, settings=settings, generation=generation, agentic=agentic, cache=answers)


@cache
def parts() -> Parts:
    """The parts of the environment variable `ASSISTANT`."""
    return assembled(from_environment())


def _search(settings: RuntimeSettings, engine: IndexClient) -> Searching:
    if isinstance(settings.embedding, EngineEmbedding):
        from rag.search.domain import DomainSearch

        return DomainSearch(engine)
    from rag.embedding import embedding
    from rag.search.collection import CollectionSearch

    return CollectionSearch(engine, embedding(settings))


def _generation(settings: RuntimeSettings, engine: IndexClient) -> Generation | None:
    if settings.answer is None:
        return None
    if isinstance(settings.answer, PipelineAnswer):
        from rag.generation import PipelineGeneration

        return PipelineGeneration(engine, settings.answer)
    from rag.answer_model import model

    return OwnGeneration(partial(model, settings), settings.prompt, settings.answer.control_tokens)


def _agentic(settings: RuntimeSettings, generation: Generation | None) -> "AgenticSearch | None":
    chosen, answer = settings.retrieval.agentic, settings.answer
    if chosen is None or not isinstance(generation, OwnGeneration) or not isinstance(answer, AnswerModel):
        return None
    from rag.agentic import AgenticSearch

    # The settings allow agentic search only with a model that calls tools.
    return AgenticSearch(cast("ToolCaller", generation.model), chosen, answer.control_tokens, settings.fields)


def _conversations(settings: RuntimeSettings, engine: IndexClient) -> Conversations:
    if isinstance(settings.conversations, Table):
        from rag.conversations.table import ConversationsInTable

        return ConversationsInTable(settings.conversations, settings.timeouts)
    if isinstance(settings.conversations, ConversationIndexSettings):
        from rag.conversations.index import ConversationsInIndex

        return ConversationsInIndex(engine, settings.conversations.name)
    from rag.conversations.memory import ConversationMemory

    return ConversationMemory(engine)


def _feedback(settings: RuntimeSettings, engine: IndexClient) -> "FeedbackStore | None":
    chosen = settings.feedback
    if chosen is None:
        return None
    if chosen.kind == "table":
        from rag.feedback.table import FeedbackInTable

        return FeedbackInTable(chosen.name, chosen.days, settings.timeouts)
    from rag.feedback.index import FeedbackInIndex

    return FeedbackInIndex(engine, chosen.name, chosen.days)


def _prompts(settings: RuntimeSettings) -> "PromptVersions | None":
    if settings.prompts is None:
        return None
    from rag.prompt_versions import PromptVersions

    return PromptVersions(settings)


def _shares(settings: RuntimeSettings, engine: IndexClient) -> "Shares | None":
    if settings.sharing is None:
        return None
    if isinstance(settings.conversations, Table):
        from rag.conversations.shares_in_table import SharesInTable

        return SharesInTable(settings.conversations, settings.timeouts)
    if isinstance(settings.conversations, ConversationIndexSettings):
        from rag.conversations.shares_in_index import SharesInIndex

        return SharesInIndex(engine, settings.conversations.name)
    return None


def _cache(settings: RuntimeSettings) -> "AnswerCache | None":
    if settings.cache is None:
        return None
    from rag.answer_cache import AnswerCache

    return AnswerCache(settings.cache, settings)
