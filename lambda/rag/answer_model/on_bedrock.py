"""The base class of the answer models on Bedrock: their clients, and a stream whose events are within the budget."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from rag import boto_calls
from rag.budget import Budget
from rag.service_failure import ANSWER
from settings.bedrock_base import BedrockModel
from settings.runtime_settings import RuntimeTimeouts

Chosen = TypeVar("Chosen", bound=BedrockModel)
StreamEvent = Mapping[str, Any]


class OnBedrock(Generic[Chosen]):
    """A model on Bedrock; `name` is its id, or the last part of its ARN."""

    def __init__(self, chosen: Chosen, timeouts: RuntimeTimeouts) -> None:
        self.name = chosen.model.rpartition("/")[2]
        self._chosen = chosen
        self._most = timeouts.answer
        self._clients = boto_calls.Clients(
            chosen.service, chosen.model_region(None), timeouts.answer, timeouts.connection
        )

    def _stream(self, begin: Callable[[Any], Iterable[StreamEvent]], budget: Budget) -> Iterator[StreamEvent]:
        """The events of the stream that `begin` gets from a client."""
        client = self._clients.within(budget)
        with boto_calls.calling(ANSWER):
            for event in begin(client):
                budget.call(self._most)
                yield event
