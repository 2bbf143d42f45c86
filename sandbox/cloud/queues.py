"""Further behaviour of SQS: metrics for alarms, the redrive of dead letters, and the permissions for batch calls.

MiniStack 1.5.33 has no metrics of SQS and no StartMessageMoveTask. It checks policies for actions such as
sqs:ChangeMessageVisibilityBatch, which IAM does not have. In IAM, the action for one message also permits the batch.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import threading
import time
from typing import Any

from ministack.core import iam_actions
from ministack.core.concurrency import esm_wake
from ministack.core.responses import new_uuid, request_scope
from ministack.services import cloudwatch, sqs

Record = dict[str, Any]
NAMESPACE = "AWS/SQS"
# Amazon measures every minute; that is too long for a test.
SECONDS = 1.0


def install() -> None:
    """Adds StartMessageMoveTask, names actions as IAM does, and starts to measure; once per process."""
    sqs._HANDLERS["StartMessageMoveTask"] = _start_message_move_task
    extract = iam_actions.extract_iam_action

    def extract_iam_action(service: str, *request: Any, **more: Any) -> Any:
        action = extract(service, *request, **more)
        return action.removesuffix("Batch") if service == "sqs" and action else action

    iam_actions.extract_iam_action = extract_iam_action
    threading.Thread(target=_measure_for_ever, name="queues", daemon=True).start()


def measured(queue: Record, now: float) -> dict[str, float]:
    """The metrics of a queue at `now` (seconds since the epoch): numbers of messages, and an age in seconds."""
    visible = [message for message in queue["messages"] if message["visible_at"] <= now]
    oldest = min((message.get("enqueued_at", message["sent_at"]) for message in queue["messages"]), default=now)
    return {
        "ApproximateNumberOfMessagesVisible": float(len(visible)),
        "ApproximateNumberOfMessagesNotVisible": float(len(queue["messages"]) - len(visible)),
        "ApproximateAgeOfOldestMessage": max(0.0, now - oldest),
    }


def _measure_for_ever() -> None:
    last: dict[tuple[str, str, str], dict[str, float]] = {}
    while True:
        time.sleep(SECONDS)
        for account, region in {(account, region) for account, region, _ in list(sqs._queues._data)}:
            with request_scope(account, region):
                _measure(account, region, last)


def _measure(account: str, region: str, last: dict[tuple[str, str, str], dict[str, float]]) -> None:
    now, changed = time.time(), False
    for queue in list(sqs._queues.values()):
        with sqs._queues_lock:
            counts = measured(queue, now)
        place = (account, region, queue["name"])
        if not any(counts.values()) and not any(last.get(place, {}).values()):
            continue
        last[place], changed = counts, True
        for name, value in counts.items():
            dimensions = {"QueueName": queue["name"]}
            cloudwatch._store_datum(NAMESPACE, name, dimensions, now, "None", value, None, None, None)
    if changed:
        cloudwatch._evaluate_all_alarms()


def _start_message_move_task(data: Record, _: str) -> Record:
    """Moves all messages at once, to DestinationArn or else to their source queues. MiniStack checks the signature."""
    source = sqs._queue_by_arn(str(data.get("SourceArn", "")))
    if source is None:
        raise sqs._Err("ResourceNotFoundException", "The resource that you specified for the SourceArn doesn't exist.")
    with sqs._queues_lock:
        kept: list[Record] = []
        for message in source["messages"]:
            to = data.get("DestinationArn") or message.get("sys", {}).get("DeadLetterQueueSourceArn")
            queue = sqs._queue_by_arn(to) if to else None
            if queue is None:
                kept.append(message)
                continue
            now = time.time()
            fresh = {"receive_count": 0, "first_receive_at": None, "receipt_handle": None}
            queue["messages"].append({**message, **fresh, "visible_at": now, "sent_at": now})
        source["messages"] = kept
    esm_wake.set()
    return {"TaskHandle": new_uuid()}
