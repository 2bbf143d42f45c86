"""The common settings of OpenAI-compatible chat APIs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from settings.answer import AnswerModel
from settings.chat_ends import ENDS
from settings.secret import Secret

if TYPE_CHECKING:
    from settings import Environment
    from settings.end_of_life import EndOfLife

HOST = r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"


class ChatModel(AnswerModel):
    """An API that takes `{"model", "messages"}` at `url`, on the host `endpoint`, with its key in `secret`."""

    caller = "chat"

    model: str
    endpoint: str = Field(pattern=HOST, examples=["api.openai.com"])
    secret: Secret
    temperature: float | None = Field(default=None, ge=0, le=2)

    @property
    def key(self) -> Secret:
        return self.secret

    @property
    def shown(self) -> str:
        return self.model

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL that the assistant calls."""

    @property
    def calls_tools(self) -> bool:
        return True

    @property
    @abstractmethod
    def choices(self) -> dict[str, Any]:
        """The members of a request without model and messages; None means the API's default."""

    @abstractmethod
    def for_tools(self, max_tokens: int) -> dict[str, Any]:
        """The members of a request in which the model may call tools, and write up to `max_tokens` tokens."""

    def arguments(self, environment: Environment) -> dict[str, Any]:  # noqa: ARG002 of the interface
        return {"model": self.model, "host": self.endpoint, "temperature": self.temperature}

    def ends(self) -> Iterator[tuple[str, str | None, Mapping[str, EndOfLife]]]:
        yield "answer.model", self.model, ENDS.get(self.endpoint, {})
