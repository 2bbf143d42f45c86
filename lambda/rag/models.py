"""Requests and responses of the API about questions, answers and errors; the OpenAPI document is made from them.

Those about other things are in modules of their own, such as `filter_models.py` and `document_models.py`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from rag.failures import Cause
from rag.filter_models import Filters
from rag.prompt_models import PromptTexts
from rag.shape import Body, Shape
from settings.access import LoadedBy

MOST_QUESTION_CHARACTERS = 2000

CONVERSATION = "6926f3a0b1c24d7f90e8a355c2d60f11-1"


class Question(Body):
    """A question, alone or as the next one of a conversation."""

    question: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_QUESTION_CHARACTERS)
    ] = Field(description="The question, in words.", examples=["How many people lived in Boston in 2023?"])
    conversation_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = Field(
        default=None,
        description="The conversation to continue, from an earlier answer to the same caller.",
        examples=[CONVERSATION],
    )
    filters: Filters | None = Field(default=None, description="Search only in these documents.")
    top_k: Annotated[int, Field(ge=1, le=50)] | None = Field(
        default=None, description="The number of passages to find; default: the environment's setting.", examples=[4]
    )
    model: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="The answer model, one of `models` in `GET /me`; default: the first one there.",
        examples=["thorough"],
    )
    draft: PromptTexts | None = Field(
        default=None,
        description="Only for owners: the prompt to use instead of the current one. Such an answer is not kept, and "
        "it has `counts`.",
    )


class Highlight(Shape):
    """A sentence of a source near to the question: `text[start:end]`, in Unicode code points."""

    start: int = Field(ge=0, description="The start of the sentence.", examples=[0])
    end: int = Field(ge=0, description="The end of the sentence, exclusive.", examples=[72])


class UsedSentence(Highlight):
    """A sentence of a source that the answer is based on: `text[start:end]`, in Unicode code points."""

    score: float = Field(
        ge=0,
        le=1,
        description="The share of the sentence that the answer repeats; halved in a source that is not `trusted`.",
        examples=[0.83],
    )


class TextPlace(Shape):
    """The position of a text in its file."""

    page: int | None = Field(default=None, description="The page, from 1.", examples=[3])
    slide: int | None = Field(default=None, description="The slide, from 1.")
    sheet: str | None = Field(default=None, description="The sheet of a workbook.")
    section: str | None = Field(
        default=None, description="The headings above the text, the outermost first.", examples=["Leave > Carry over"]
    )


PLACE = tuple(TextPlace.model_fields)


def place_in(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Where the passage with these fields stands; a field of that name that a row of data has may hold anything."""
    try:
        return TextPlace.model_validate({name: fields.get(name) for name in PLACE}).model_dump()
    except ValueError:
        return {}


Match = Literal["close", "good", "loose"]


class Source(TextPlace):
    """A found passage; `score` is what the search ordered by, which says nothing beyond this search."""

    id: str = Field(description="Id of the passage.", examples=["boston#2"])
    original: str | None = Field(
        default=None, description="The SHA-256 of the document's file, if the file is kept: GET /originals opens it."
    )
    document: str = Field(description="Id of the document the passage belongs to.", examples=["boston"])
    title: str | None = Field(default=None, description="The document's title.", examples=["Boston"])
    text: str = Field(
        description="The passage.", examples=["The metro area population of Boston in 2023 was 4,327,000."]
    )
    score: float = Field(
        description="The score in this search; passages with a higher score come first.", examples=[0.97]
    )
    similarity: float | None = Field(
        default=None,
        description="How similar the meaning is to the question, comparable between searches: the score of the "
        "vector, which is compared with `min_score`. Null if only words matched.",
        examples=[0.81],
    )
    match: Match | None = Field(
        default=None, description="A rating of the similarity for this embedding model; null if it was not measured."
    )
    loaded_by: LoadedBy | None = Field(
        default=None,
        description="The role of the document's loader at that time; operators load with the command line, the drop "
        "and sources.",
        examples=["owner"],
    )
    trusted: bool | None = Field(
        default=None, description="Whether documents of such loaders get full scores (`access.trusted`)."
    )
    used: list[UsedSentence] = Field(
        default_factory=list, description="Sentences that support the answer, in text order."
    )
    highlights: list[Highlight] = Field(
        default_factory=list,
        description="Sentences that are most similar to the question, in text order; empty without "
        "`retrieval.highlight`.",
    )


class Timings(Shape):
    """The milliseconds of each step; null if the step did not happen or is part of another.

    On a domain the engine embeds the question, so `embed_ms` is null and `search_ms` includes it.
    """

    embed_ms: int | None = Field(default=None, examples=[31])
    search_ms: int | None = Field(default=None, examples=[12])
    model_ms: int | None = Field(default=None, examples=[840])
    first_ms: int | None = Field(
        default=None, description="From the question to the first word of the answer.", examples=[410]
    )
    total_ms: int = Field(examples=[890])


class SearchStep(Shape):
    """A search that the answer model asked for, with `retrieval.agentic`."""

    query: str = Field(description="What was searched for.", examples=["population of Boston in 2023"])
    filters: Filters | None = Field(default=None, description="The filter of the search; null for all documents.")
    passages: int = Field(description="How many passages it found.", examples=[4])
    new: int = Field(description="How many of these no earlier search for this question found.", examples=[2])


class AnswerCounts(Shape):
    """What is counted of an answer to a `draft`, by words in common with its passages."""

    sentences: int = Field(ge=0, description="Its sentences.")
    borne_out: int = Field(ge=0, description="Those that a passage supports.")
    citations: int = Field(ge=0, description="Its citations of passages, such as [1].")
    right: int = Field(ge=0, description="Citations whose passage supports the sentence.")
    cited: int = Field(ge=0, description="Sentences that cite a passage that supports them.")


class TokenCount(Shape):
    """The tokens that the answer model took; estimated where its provider tells none."""

    read: int = Field(description="Of the prompt, with the passages.", examples=[1250])
    written: int = Field(description="Tokens of the answer, including the model's reasoning.", examples=[64])


Blocked = Literal["question", "answer"]


class Answer(Shape):
    """The answer from the documents, its source passages, and its duration."""

    answer: str | None = Field(
        description="The answer; null without an answer model.",
        examples=["In 2023 the metro area of Boston had 4,327,000 inhabitants."],
    )
    grounded: bool = Field(
        description="Whether sentences of the sources support the answer (`used`); without an answer model, whether "
        "passages are similar enough to the question."
    )
    sources: list[Source] = Field(description="The passages that the answer could use, best first.")
    steps: list[SearchStep] = Field(
        default_factory=list,
        description="The searches after the first one, in order; empty without `retrieval.agentic`.",
    )
    blocked: Blocked | None = Field(
        default=None,
        description="What a guardrail blocked; `answer` is then its message, even if a part of another answer was "
        "streamed before.",
    )
    model: str | None = Field(
        description="The answer model, by its name in `models` of `GET /me`; null if none was called.",
        examples=["deepseek-flash"],
    )
    prompt: str | None = Field(
        default=None, description="The digest of the prompt; null if no model was called.", examples=["0b1f6c9f4a2d"]
    )
    counts: AnswerCounts | None = Field(default=None, description="With a `draft`.")
    cached: bool = Field(
        default=False,
        description="Whether the answer comes from the cache, for the same question and the same passages; no model "
        "was called now, and `model` is the one that wrote it.",
    )
    tokens: TokenCount | None = Field(
        default=None, description="The tokens that the model used; null if none was called."
    )
    conversation_id: str | None = Field(
        description="Send the id of the last answer with the next question; its end counts the turns. Null for "
        "clients that keep the conversation themselves.",
        examples=[CONVERSATION],
    )
    timings: Timings


class Health(Shape):
    """Whether the index can be searched."""

    status: Literal["ok", "failing"]
    environment: str = Field(examples=["dev"])
    message: str | None = Field(default=None, description="The problem, in one sentence.")
    cause: Cause | None = Field(default=None, description="The cause, a word that never changes.")


class Problem(Shape):
    """The body of every error."""

    message: str = Field(examples=["The answer model is rate-limiting requests. Try again in 2 seconds."])
    cause: Cause = Field(description="The cause, a word that never changes.", examples=["throttled"])
    request_id: str = Field(examples=["c6af9ac6-7b61-11e6-9a41-93e8deadbeef"])
