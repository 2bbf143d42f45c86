"""Requests and errors of OpenAI's chat API, as far as they are used.

https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from rag.shape import Shape

MODEL = "osml"


class TextPart(Shape):
    """A part of a message's content; other kinds of parts, such as images, cannot be asked about."""

    type: Literal["text"]
    text: str


class ChatMessage(Shape):
    """A message. Those of the system or the developer are not used: the environment's own instructions hold."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart] = ""

    @property
    def said(self) -> str:
        """Its text."""
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)


class StreamOptions(Shape):
    """What a stream has besides the answer."""

    include_usage: bool = Field(default=False, description="Whether an additional last chunk has the tokens.")


class ChatRequest(Shape):
    """What is used of a request. Settings of sampling are the environment's, and those of a request are ignored."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="`osml`, the environment's name, or another model of `GET /v1/models`.", examples=[MODEL]
    )
    messages: list[ChatMessage] = Field(
        min_length=1, max_length=500, description="The conversation; the last message is the question."
    )
    stream: bool = Field(default=False, description="Whether the answer comes as chunks.")
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, ge=1, le=1, description="Only one answer is given.")
    tools: list[Any] | None = Field(default=None, max_length=0, description="Tools are not called.")


class ChatError(Shape):
    """What went wrong."""

    message: str
    type: str
    param: str | None = None
    code: str | None = Field(default=None, description="The cause, a word that never changes.")


class ChatProblem(Shape):
    """The body of an error, in OpenAI's form."""

    error: ChatError
    request_id: str
