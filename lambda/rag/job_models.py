"""Responses of the API about the job that an upload becomes."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from rag.document_models import DocumentResult
from rag.shape import Shape


class Job(Shape):
    """An upload that is more than one request stores. It goes on by itself, also after an interruption."""

    id: str = Field(description="For GET /jobs/{id}.", examples=["0f8fad5bd9cb469fa16570867728950e"])
    name: str | None = Field(default=None, description="The file's name.", examples=["handbook.pdf"])
    status: Literal["receiving", "waiting", "running", "done", "stopped"] = Field(
        description="Parts are missing; it waits to continue; it is in progress; it is complete; it has stopped."
    )
    parts: int = Field(ge=1, description="How many parts the file has.")
    received: list[int] = Field(
        default_factory=list, description="The parts that have arrived, while parts are missing."
    )
    progress: float = Field(default=0.0, ge=0, le=1, description="The completed share of the upload.")
    stored: int = Field(default=0, ge=0, description="Documents that are stored.")
    failed: int = Field(default=0, ge=0, description="Documents that are not stored, or not completely.")
    passages: int = Field(default=0, ge=0, description="Passages that are stored.")
    documents: list[DocumentResult] = Field(
        default_factory=list, description="The first 100 stored documents, and the first 1,000 of the others."
    )
    message: str | None = Field(default=None, description="Why it waits or has stopped, in one sentence.")
    updated: datetime = Field(description="When this was last noted.")
