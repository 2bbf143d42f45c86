"""What goes over the API, in and out: the OpenAPI document is made from these."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

MOST_QUESTION_CHARACTERS = 2000
MOST_DOCUMENTS = 100
# `_id` takes 512 bytes; the rest is for `#` and the number of the passage.
MOST_ID_BYTES = 500
_NO_ID = re.compile(r"[\x00-\x1f\x7f#/?\\]")

Wanted = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class _Asked(BaseModel):
    """A body or a part of one: a field nobody knows is a mistake, said rather than passed over."""

    model_config = ConfigDict(extra="forbid")


class Filters(_Asked):
    """Narrows the search; several values of one field are alternatives, both fields must match."""

    document: Wanted | Annotated[list[Wanted], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="Ids of documents.", examples=["boston"]
    )
    title: Wanted | Annotated[list[Wanted], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="Words that stand in the title, in this order.", examples=["metro areas"]
    )


class Question(_Asked):
    """A question, on its own or as the next one of a conversation."""

    question: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_QUESTION_CHARACTERS)
    ] = Field(description="What is asked, in words.", examples=["How many people lived in Boston in 2023?"])
    conversation_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = Field(
        default=None,
        description="The conversation to go on with, from an earlier answer of the same caller.",
        examples=["8Hk2mJUBv1Yq0pSn5a7C"],
    )
    filters: Filters | None = Field(default=None, description="Search in these documents only.")
    top_k: Annotated[int, Field(ge=1, le=50)] | None = Field(
        default=None, description="How many passages to search; the environment's figure if left out.", examples=[4]
    )


class Highlight(BaseModel):
    """A sentence of a source near to the question: `text[start:end]`, in Unicode code points."""

    start: int = Field(ge=0, description="Where the sentence begins.", examples=[0])
    end: int = Field(ge=0, description="Where it ends; the character there is not part of it.", examples=[72])


class UsedSentence(Highlight):
    """A sentence of a source that the answer draws on: `text[start:end]`, in Unicode code points."""

    score: float = Field(ge=0, le=1, description="How much of the sentence the answer repeats.", examples=[0.83])


class Source(BaseModel):
    """A passage that was found; `score` is the search engine's, nearer is higher."""

    id: str = Field(description="Id of the passage.", examples=["boston#2"])
    document: str = Field(description="Id of the document the passage belongs to.", examples=["boston"])
    title: str | None = Field(default=None, description="The document's title.", examples=["Boston"])
    text: str = Field(
        description="The passage.", examples=["The metro area population of Boston in 2023 was 4,327,000."]
    )
    score: float = Field(description="Nearness to the question.", examples=[0.81])
    used: list[UsedSentence] = Field(default_factory=list, description="Sentences the answer draws on, in text order.")
    highlights: list[Highlight] = Field(
        default_factory=list,
        description="Sentences near to the question, in text order; none unless `retrieval.highlight`.",
    )


class Timings(BaseModel):
    """Milliseconds that each step took; null where the step was not taken or is part of another.

    On a domain the engine embeds the question, so `embed_ms` is null and `search_ms` holds both.
    """

    embed_ms: int | None = Field(default=None, examples=[31])
    search_ms: int | None = Field(default=None, examples=[12])
    model_ms: int | None = Field(default=None, examples=[840])
    total_ms: int = Field(examples=[890])


class Answer(BaseModel):
    """What the documents say, the passages it was taken from, and how long it took."""

    answer: str | None = Field(
        description="The answer; null in an environment without an answer model.",
        examples=["In 2023 the metro area of Boston had 4,327,000 inhabitants."],
    )
    grounded: bool = Field(description="Whether anything in the documents is near enough to the question to use.")
    sources: list[Source] = Field(description="The passages the answer was made from, nearest first.")
    model: str | None = Field(description="The answer model; null if none was called.", examples=["deepseek-chat"])
    conversation_id: str | None = Field(
        description="Give it with the next question; null when the conversation could not be stored.",
        examples=["8Hk2mJUBv1Yq0pSn5a7C"],
    )
    timings: Timings


class DocumentIn(_Asked):
    """A document to store; one with the same id is replaced with all its passages."""

    id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] = Field(
        description="Names the document: at most 500 bytes, without #, /, ?, \\ and control characters.",
        examples=["boston"],
    )
    text: Annotated[str, StringConstraints(min_length=1)] = Field(
        description="The whole text; a long one is split into passages.",
        examples=["The metro area population of Boston in 2023 was 4,327,000."],
    )
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = Field(
        default=None, description="Shown beside the sources.", examples=["Boston"]
    )

    @field_validator("id")
    @classmethod
    def _storable(cls, value: str) -> str:
        if _NO_ID.search(value):
            raise ValueError("an id holds none of the characters # / ? \\ and no control character")
        if len(value.encode()) > MOST_ID_BYTES:
            raise ValueError(f"an id has at most {MOST_ID_BYTES} bytes")
        return value

    @field_validator("text")
    @classmethod
    def _written(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("the text is blank")
        return value


class DocumentsIn(_Asked):
    """Documents to store together; what becomes of one does not depend on the others."""

    documents: Annotated[list[DocumentIn], Field(min_length=1, max_length=MOST_DOCUMENTS)]


class DocumentResult(BaseModel):
    """What became of one document of a batch."""

    id: str = Field(examples=["boston"])
    status: Literal["stored", "failed"]
    passages: int = Field(ge=0, description="How many passages it has now; 0 if it failed.", examples=[1])
    message: str | None = Field(default=None, description="Why it failed, in one sentence.")


class DocumentsStored(BaseModel):
    """The results, in the order of the request."""

    documents: list[DocumentResult]
    stored: int = Field(ge=0, examples=[1])
    failed: int = Field(ge=0, examples=[0])


class DocumentListed(BaseModel):
    """A document of the index."""

    id: str = Field(examples=["boston"])
    title: str | None = Field(default=None, examples=["Boston"])
    passages: int = Field(ge=1, examples=[1])


class DocumentList(BaseModel):
    """One page of the documents, by id; `after` is there when there are more."""

    documents: list[DocumentListed]
    after: str | None = Field(default=None, description="Give it to get the next page.")


class DocumentRemoved(BaseModel):
    """The document that was removed."""

    id: str = Field(examples=["boston"])
    passages: int = Field(ge=1, description="How many passages were removed.", examples=[1])


class Health(BaseModel):
    """Whether the index can be searched."""

    status: Literal["ok", "failing"]
    environment: str = Field(examples=["dev"])
    message: str | None = Field(default=None, description="What is wrong, in one sentence.")


class Problem(BaseModel):
    """The body of every error."""

    message: str = Field(examples=["The answer model is asked too often at the moment. Try again in 2 seconds."])
    request_id: str = Field(examples=["c6af9ac6-7b61-11e6-9a41-93e8deadbeef"])
