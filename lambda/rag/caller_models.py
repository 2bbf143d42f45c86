"""Responses of the API about its caller: what they may do, and what they have used."""

from datetime import datetime

from pydantic import Field

from rag.feedback_models import FeedbackKept
from rag.shape import Shape
from settings.access import Role


class Used(Shape):
    """What the caller has used of what they may use until a time."""

    used: int = Field(ge=0, examples=[12])
    most: int = Field(ge=1, examples=[100])
    until: datetime = Field(description="When it begins anew.")


class QuotaUsed(Shape):
    """What the caller has used; null where nothing is limited."""

    questions: Used | None = Field(description="Of the day.")
    tokens: Used | None = Field(description="Of the month.")


class Me(Shape):
    """What the caller may do."""

    role: Role = Field(
        description="A reader asks and sees documents; an editor also loads documents and removes their own; an owner "
        "sees and removes all."
    )
    groups: list[str] | None = Field(
        description="The caller's groups; null means that they see the documents of all groups.", examples=[["hr"]]
    )
    quota: QuotaUsed | None = Field(default=None, description="The caller's limits and use; null if there is no limit.")
    history: bool = Field(
        description="Whether the caller's conversations are listed. They are not listed for keys and roles, which "
        "several people may use, nor if the engine's memory keeps them."
    )
    feedback: FeedbackKept | None = Field(
        default=None, description="What is kept of a rating of an answer; null if answers cannot be rated."
    )
    models: list[str] = Field(
        default_factory=list,
        description="The answer models that the caller can choose, the default one first; empty if there is no choice.",
        examples=[["deepseek-flash", "thorough"]],
    )
    prompts: bool = Field(default=False, description="Whether owners can change the prompt here.")
    sharing: int | None = Field(
        default=None,
        description="The maximum days of the caller's links to conversations; null if the caller cannot share.",
        examples=[30],
    )
