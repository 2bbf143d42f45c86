"""Requests and responses of the API about the prompt's versions; the OpenAPI document is made from them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from rag.shape import Body, Shape
from rag.untrusted import control_token
from settings.control_tokens import ALL

MOST_CHARACTERS = 4000
MOST_NOTE = 200


def _plain(text: str) -> str:
    token = control_token(text, ALL)
    if token:
        raise ValueError(f"it holds {token!r}, which models read as a control token and not as text; leave it out")
    return text


PromptText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_CHARACTERS), AfterValidator(_plain)
]
SYSTEM = "Who the model is, and what its answers are based on."
INSTRUCTIONS = "How it answers."


class PromptTexts(Body):
    """The texts of a prompt, or the number of a version that has them."""

    system: PromptText | None = Field(default=None, description=SYSTEM)
    instructions: PromptText | None = Field(default=None, description=INSTRUCTIONS)
    number: int | None = Field(
        default=None,
        ge=0,
        description="A version to publish again, instead of texts; 0 is the prompt of the environment file.",
        examples=[0],
    )

    @model_validator(mode="after")
    def _either(self) -> Self:
        if [self.system, self.instructions].count(None) != (0 if self.number is None else 2):
            raise ValueError("send either system and instructions, or number")
        return self


class PromptIn(PromptTexts):
    """What becomes the next version: new texts, or an earlier version once more."""

    after: int = Field(
        ge=0, description="The number of the version that the sender believes is current; any other number is refused."
    )
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_NOTE)] = Field(
        default="", description="Why.", examples=["Shorter answers"]
    )


class PromptVersion(Shape):
    """A version of the prompt. Without `at` and `by` it is number 0, which the environment file has."""

    number: int = Field(ge=0, examples=[3])
    system: str = Field(description=SYSTEM)
    instructions: str = Field(description=INSTRUCTIONS)
    restores: int | None = Field(default=None, description="The version whose texts it repeats; null for new texts.")
    note: str = ""
    at: datetime | None = Field(default=None, description="When it was published.")
    by: str | None = Field(default=None, description="Who has published it.", examples=["ada@example.com"])
    prompt: str = Field(
        default="", description="The digest with which answers and feedback refer to it.", examples=["0b1f6c9f4a2d"]
    )


class PromptList(Shape):
    """The versions, the current one first, and at the end number 0."""

    versions: list[PromptVersion]
    always: str = Field(description="The text that is added after every prompt that is published here.")
