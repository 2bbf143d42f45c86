"""The settings of the index."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings import Group
from settings.personal_data import PersonalData

FIELD = r"^[a-z][a-z0-9_]{0,62}$"
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")]
FieldType = Literal["keyword", "number", "date", "boolean"]
# The field with the words of title and text, in which words are searched.
WORDS_FIELD = "osml.words"
# The analyzers that OpenSearch has without a plugin; `standard` is for no particular language.
Language = Literal[
    "standard",
    "arabic",
    "armenian",
    "basque",
    "bengali",
    "brazilian",
    "bulgarian",
    "catalan",
    "cjk",
    "czech",
    "danish",
    "dutch",
    "english",
    "estonian",
    "finnish",
    "french",
    "galician",
    "german",
    "greek",
    "hindi",
    "hungarian",
    "indonesian",
    "irish",
    "italian",
    "latvian",
    "lithuanian",
    "norwegian",
    "persian",
    "portuguese",
    "romanian",
    "russian",
    "sorani",
    "spanish",
    "swedish",
    "turkish",
    "thai",
]
OWN_FIELDS = ("id", "document", "title", "osml", "word_weights", "stored", "passages")


class IndexNames(Group):
    """The index `name`, and its fields that have no fixed names: `text_field` has the text of a passage, and
    `embedding_field` its vector.

    `id_field` has the id of a passage; another than `id` is for an adopted index of a collection whose `id` is of
    another type.
    """

    name: str = Field(default="passages", pattern=r"^[a-z][a-z0-9_-]{0,99}$", examples=["passages"])
    text_field: str = Field(default="text", pattern=FIELD, examples=["text"])
    embedding_field: str = Field(default="embedding", pattern=FIELD, examples=["embedding"])
    id_field: str = Field(default="id", pattern=FIELD, examples=["passage_id"])


class IndexSettings(IndexNames):
    """The vector index. One call of the embedding model has `batch_size` texts. `language` is the language of most
    documents; a search for words then finds other forms of the words. `fields` are fields of the documents with a type:
    `year: number`. A change of either creates another index version. The values of other fields can be compared only as
    a whole. Each chunk of a long text begins with up to `overlap` percent of the previous one.

    Personal data of the kinds in `mask` are masked in documents before they are stored, for example as `[email]`.
    `space_type` is the way in which vectors are compared. The index has `shards` primary shards, and `replicas` copies
    of each.
    """

    space_type: Literal["cosinesimil", "l2", "innerproduct"] = "cosinesimil"
    batch_size: int = Field(default=32, ge=1, le=512)
    language: Language = "english"
    overlap: int = Field(default=0, ge=0, le=50)
    mask: list[PersonalData] = Field(default_factory=list, max_length=5, examples=[["email", "iban"]])
    shards: int = Field(default=1, ge=1, le=1000)
    replicas: int = Field(default=0, ge=0, le=20)
    fields: dict[FieldName, FieldType] = Field(default_factory=dict, max_length=200, examples=[{"year": "number"}])

    @model_validator(mode="after")
    def _fields_differ(self) -> IndexSettings:
        if self.text_field == self.embedding_field:
            raise ValueError(
                f"text_field and embedding_field are both {self.text_field!r}; give each a field of its own"
            )
        taken = {self.text_field, self.embedding_field} & {"id", "document", "title", "osml"}
        if taken:
            raise ValueError(f"{taken.pop()!r} is a field that the index already has; choose another name")
        if self.id_field in (self.text_field, self.embedding_field, "document", "title", "osml", "stored", "passages"):
            raise ValueError(f"id_field is {self.id_field!r}, a field the index has already; choose another name")
        own = [name for name in self.fields if name in (*OWN_FIELDS, self.text_field, self.embedding_field)]
        if own:
            raise ValueError(f"fields names {own[0]!r}, which is a field that the index already has; leave it out")
        return self
