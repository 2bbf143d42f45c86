"""Responses of the API about documents; the OpenAPI document is made from them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from corpus.report import Retry
from rag.models import TextPlace
from rag.shape import Shape


class DocumentResult(Shape):
    """The result of one document of a batch."""

    id: str = Field(
        description="The document's id, or the place in a file that could not be read.", examples=["boston"]
    )
    title: str | None = Field(default=None, description="The document's title.", examples=["Boston"])
    status: Literal["stored", "partial", "failed"] = Field(
        description="All of it is stored, or some new passages together with old ones, or nothing new."
    )
    passages: int = Field(ge=0, description="How many passages of it are stored.", examples=[1])
    masked: int = Field(default=0, ge=0, description="How many personal data items were masked in it.")
    original: str | None = Field(default=None, description="The SHA-256 of its file, if the file is kept.")
    message: str | None = Field(default=None, description="Why it is not stored, in one sentence.")
    retry: Retry | None = Field(
        default=None, description="Whether storing the same document later may succeed; null for a stored document."
    )


class DocumentsStored(Shape):
    """The results, in the order of the request; for a file also results of unreadable entries."""

    documents: list[DocumentResult]
    stored: int = Field(ge=0, examples=[1])
    failed: int = Field(ge=0, description="How many are not stored, or not completely.", examples=[0])


class DocumentListed(Shape):
    """A document of the index."""

    id: str = Field(examples=["boston"])
    title: str | None = Field(default=None, examples=["Boston"])
    passages: int = Field(ge=1, examples=[1])
    groups: list[str] = Field(
        default_factory=list,
        description="The groups whose members see it; empty means everybody who is signed in.",
        examples=[[]],
    )
    loader: str | None = Field(
        default=None,
        description="Who loaded it, shown only to owners: the `sub` in the pool, IAM's id, or the key's id. Null if "
        "operators, the drop or an earlier version loaded it.",
    )
    removable: bool = Field(default=False, description="Whether this caller may remove and replace it.")
    loaded: datetime | None = Field(
        default=None, description="When it was last loaded; null if an older version of osml loaded it."
    )
    original: str | None = Field(
        default=None, description="The SHA-256 of its file, if the file is kept: GET /originals opens it."
    )


class OriginalLink(Shape):
    """A link to the file of a document, which needs no sign-in."""

    url: str = Field(examples=["https://originals.example.com/…"])
    seconds: int = Field(description="For how many seconds the link opens the file.", examples=[60])
    type: str = Field(description="The media type that is sent with the file.", examples=["application/pdf"])
    shown: bool = Field(
        description="Whether a browser shows the file; otherwise it saves it, because its type may run scripts."
    )


class DocumentList(Shape):
    """One page of the documents; `after` is present if there are more."""

    documents: list[DocumentListed]
    after: str | None = Field(default=None, description="Send it to get the next page.")


class PassageShown(TextPlace):
    """A passage of a document, and where in its file it begins."""

    id: str = Field(examples=["boston#2"])
    text: str


class DocumentShown(Shape):
    """A document as it is in the index: its passages follow one another."""

    id: str = Field(examples=["boston"])
    title: str | None = Field(default=None, examples=["Boston"])
    passages: list[PassageShown]


class DocumentRemoved(Shape):
    """The removed document."""

    id: str = Field(examples=["boston"])
    passages: int = Field(ge=1, description="The number of removed passages.", examples=[1])
