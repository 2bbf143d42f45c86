"""ConversationIndex: an index for conversations with an assistant."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.ml_resource import MlResource

# The name of the index for conversations about the documents of `{index}`.
CONVERSATIONS = "{index}-conversations"


class ConversationIndex(MlResource):
    """The index `name`: a document for each conversation. Its caller finds it by words of its title and questions.

    With `removal_policy` RETAIN the conversations outlive the stack.

    Example::

        kept = ml.ConversationIndex(stack, "Conversations", target=target, name="articles-conversations")
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
        spec = {"name": name, "body": index_body(replicas)}
        super().__init__(scope, id, target=target, kind="Index", spec=spec, removal_policy=removal_policy)
        self.name = name


def index_body(replicas: int) -> dict[str, object]:
    """The request that makes it."""
    fields = {
        "caller": {"type": "keyword"},
        "changed": {"type": "date", "format": "epoch_second"},
        "words": {"type": "text"},
    }
    return {
        "settings": {"index": {"number_of_shards": 1, "number_of_replicas": replicas}},
        "mappings": {"dynamic": False, "properties": fields},
    }
