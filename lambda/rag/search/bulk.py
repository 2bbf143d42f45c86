"""Actions on an index, sent in batches."""

import json
from collections.abc import Iterable
from typing import Any, Protocol

from rag.budget import Budget
from rag.failures import RagFailure, Throttled
from rag.service_failure import ENGINE, failure_of

# The smallest domain takes bodies of at most 10 MiB.
BATCH_BYTES = 2_000_000
BATCH_PASSAGES, BATCH_IDS = 64, 1000

# The command of a bulk action, and its document or None.
Action = tuple[dict[str, Any], dict[str, Any] | None]


class Sending(Protocol):
    """The type of `IndexClient.send`."""

    def __call__(
        self, method: str, path: str, body: Any, budget: Budget, *, again: tuple[type[RagFailure], ...] = ...
    ) -> Any: ...


def batches(actions: Iterable[Action], at_once: int) -> Iterable[list[Action]]:
    batch: list[Action] = []
    held = 0
    for action in actions:
        size = len(json.dumps(action))
        if batch and (len(batch) >= at_once or held + size > BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(action)
        held += size
    if batch:
        yield batch


def results_of(
    send: Sending, batch: list[Action], budget: Budget, again: tuple[type[RagFailure], ...]
) -> list[dict[str, Any] | RagFailure]:
    """The result of each action of a batch, in their order.

    Throttled items, and requests that fail with one of `again`, are sent again.
    """
    results: list[dict[str, Any] | RagFailure] = [Throttled("Not tried.")] * len(batch)
    waiting = list(range(len(batch)))

    def attempt() -> None:
        lines = [json.dumps(part) for place in waiting for part in batch[place] if part is not None]
        answer = send("POST", "/_bulk", "\n".join([*lines, ""]), budget, again=())
        for place, item in zip(list(waiting), answer["items"], strict=True):
            [result] = item.values()
            results[place] = _refusal(result) if "error" in result else result
        waiting[:] = [place for place in waiting if isinstance(results[place], Throttled)]
        if waiting:
            raise results[waiting[0]]  # type: ignore[misc]

    try:
        budget.retrying(attempt, again)
    except RagFailure as failure:
        for place in waiting:
            results[place] = failure
    return results


def _refusal(result: dict[str, Any]) -> RagFailure:
    # Imported here, because it imports all readers of files, which questions do not need.
    from corpus.bulk import LATER, passes

    status, error = int(result.get("status", 500)), result["error"]
    # The embedding processor chooses its own status; the status of its model is in the reason.
    is_model = status not in (*LATER, 403) and passes(error, status)
    return failure_of(ENGINE, 429 if is_model else status, json.dumps(error))
