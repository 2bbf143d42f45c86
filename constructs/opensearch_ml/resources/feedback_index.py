"""FeedbackIndex: an index for what people say of answers."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.ml_resource import MlResource

# The name of the index for feedback on answers from the documents of `{index}`.
FEEDBACK = "{index}-feedback"


class FeedbackIndex(MlResource):
    """The index `name`: a document for each judgement, by the time at which it was made and that at which it expires.

    With `removal_policy` RETAIN they outlive the stack.

    Example::

        judged = ml.FeedbackIndex(stack, "Feedback", target=target, name="articles-feedback")
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        name: str,
        replicas: int = 0,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        spec = {"name": name, "body": feedback_body(replicas)}
        super().__init__(scope, id, target=target, kind="Index", spec=spec, removal_policy=removal_policy)
        self.name = name


def feedback_body(replicas: int) -> dict[str, object]:
    """The request that makes it."""
    time = {"type": "date", "format": "epoch_second"}
    return {
        "settings": {"index": {"number_of_shards": 1, "number_of_replicas": replicas}},
        "mappings": {"dynamic": False, "properties": {"at": time, "expires": time}},
    }
