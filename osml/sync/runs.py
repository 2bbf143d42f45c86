"""The runs of an environment's sources, as the operator begins and sees them."""

import json
import uuid
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from osml.aws_error import advised, cause_of
from osml.failure import Failure
from osml.place import Place
from osml.remote.operator import session
from osml.remote.stack import passages, sources
from sources.run import Run, read_run


class Runs:
    """Begins and reads runs. Every method raises Failure when the stack is not deployed, or AWS refuses."""

    def __init__(self, place: Place) -> None:
        deployed = sources(place)
        operator = session(passages(place).operator_role_arn, deployed.region)
        self._queue, self._bucket = deployed.queue_url, deployed.bucket
        self._sqs: Any = operator.client("sqs")
        self._s3: Any = operator.client("s3")

    def begin(self, source: str, *, dry: bool, removing: bool) -> str:
        """Begin a run; returns its id.

        A `dry` run loads and removes nothing. With `removing`, it may remove more documents than `most_removed` allows.
        """
        body = json.dumps({"source": source, "dry": dry, "removing": removing})
        try:
            sent = self._sqs.send_message(
                QueueUrl=self._queue,
                MessageBody=body,
                MessageGroupId=source,
                MessageDeduplicationId=uuid.uuid4().hex,
            )
        except (ClientError, BotoCoreError) as error:
            raise Failure(f"Beginning a run of the source {source} failed: {advised(error)}", cause_of(error)) from None
        return str(sent["MessageId"])

    def last(self, source: str) -> Run | None:
        """The last run of a source, or the one that is under way."""
        try:
            return read_run(self._s3, self._bucket, source)
        except (ClientError, BotoCoreError) as error:
            raise Failure(f"Reading the run of the source {source} failed: {advised(error)}", cause_of(error)) from None
