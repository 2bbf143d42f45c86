"""Requests of the API that store documents; the OpenAPI document is made from them."""

import re
from typing import Annotated, Self

from pydantic import Base64Bytes, ConfigDict, Field, StringConstraints, field_validator, model_validator

from calls.count_of import count_of
from calls.plain import is_blank
from corpus.document import LONGEST_ID, id_fault
from rag.models import TextPlace
from rag.shape import Body
from settings.access import GroupName

MOST_DOCUMENTS = 100
# Of a file; with parts of the largest body that is 200 MB.
MOST_PARTS = 64
JOB_ID = r"^[0-9a-f]{32}$"
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
# None of them in a request: a document keeps its groups; an empty list: everybody who is signed in may see it.
Groups = Annotated[list[GroupName], Field(max_length=1000)] | None
GROUPS = (
    "Only members of these groups see the document; an empty list means everybody who is signed in. Without it, a "
    "replaced document keeps its groups, and everybody sees a new one. An owner may give any group, others only "
    "their own."
)


class PlaceIn(TextPlace):
    """The position in its file of the text from the character `start` on."""

    model_config = ConfigDict(extra="forbid")

    start: int = Field(ge=0, description="In Unicode code points.", examples=[0])


class DocumentIn(Body):
    """A document to store; one with the same id is replaced with all its passages."""

    id: str = Field(
        description=f"Names the document: 1 to {LONGEST_ID} bytes of any characters, not all of them blank.",
        examples=["handbook/boston.md"],
    )
    text: Annotated[str, StringConstraints(min_length=1)] = Field(
        description="The whole text; a long text is split into passages.",
        examples=["The metro area population of Boston in 2023 was 4,327,000."],
    )
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = Field(
        default=None, description="The title shown with the sources.", examples=["Boston"]
    )
    places: Annotated[list[PlaceIn], Field(max_length=100_000)] = Field(
        default_factory=list, description="Where parts of the text are in their file, in text order."
    )

    groups: Groups = Field(default=None, description=GROUPS, examples=[["hr"]])

    @field_validator("id")
    @classmethod
    def _storable(cls, value: str) -> str:
        if wrong := id_fault(value):
            raise ValueError(wrong)
        return value

    @field_validator("text")
    @classmethod
    def _written(cls, value: str) -> str:
        if is_blank(value):
            raise ValueError("the text is blank")
        return value


FileName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class _Content(Body):
    """Bytes, in Base64."""

    content: Base64Bytes = Field(description="The file, in Base64.", examples=["TGVhdmUgaXMgZ3JhbnRlZC4="])

    @field_validator("content", mode="before")
    @classmethod
    def _in_base64(cls, value: object) -> object:
        # Python's decoder ignores characters that are not Base64.
        if isinstance(value, str) and (len(value) % 4 or not _BASE64.fullmatch(value)):
            raise ValueError("the content is not Base64")
        return value


class FileIn(_Content):
    """A file that is read and stored as `osml ingest` and the bucket do it."""

    name: FileName = Field(
        description="The ending determines the format; a document that is a whole file has the name as its id.",
        examples=["leave.pdf"],
    )
    groups: Groups = Field(default=None, description=GROUPS, examples=[["hr"]])


class PartIn(_Content):
    """A part of a file that is larger than one request: parts may come in any order, and again."""

    name: FileName | None = Field(
        default=None,
        description="The name of the file; without it the parts together are a JSON list of documents.",
        examples=["leave.pdf"],
    )
    job: Annotated[str, StringConstraints(pattern=JOB_ID)] | None = Field(
        default=None, description="The job id from the response to the first part; left out with the first part."
    )
    groups: Groups = Field(
        default=None,
        description="As with a file; only the groups of the first part count. Not with a list of documents.",
    )
    number: int = Field(ge=1, le=MOST_PARTS, description="Which part it is, from 1.", examples=[1])
    of: int = Field(ge=1, le=MOST_PARTS, description="How many parts the file has.", examples=[3])

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.number > self.of:
            raise ValueError(f"number is {self.number}, but the file has {count_of(self.of, 'part')}")
        return self


class DocumentsIn(Body):
    """Documents to store together, a file, or a part of one; what becomes of one does not depend on the others."""

    # JSON Schema's words for the rule of `_either`.
    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": [name], "properties": {name: {"type": kind}}}
                for name, kind in (("documents", "array"), ("file", "object"), ("part", "object"))
            ]
        }
    )
    documents: Annotated[list[DocumentIn], Field(min_length=1, max_length=MOST_DOCUMENTS)] | None = None
    file: FileIn | None = None
    part: PartIn | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if [self.documents, self.file, self.part].count(None) != 2:
            raise ValueError("send either documents, file or part")
        return self
