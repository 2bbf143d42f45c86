"""PlainIndex: an index without vectors, for what an assistant stores about people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from aws_cdk import RemovalPolicy
from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.ml_resource import MlResource


class PlainIndex(MlResource):
    """The index `name`, whose documents are found by `FIELDS`; other fields are stored but not indexed.

    With `removal_policy` RETAIN the documents outlive the stack.
    """

    FIELDS: ClassVar[Mapping[str, object]]

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
        spec = {"name": name, "body": self.body(replicas)}
        super().__init__(scope, id, target=target, kind="Index", spec=spec, removal_policy=removal_policy)
        self.name = name

    @classmethod
    def body(cls, replicas: int) -> dict[str, object]:
        """The body of the request that creates the index."""
        return {
            "settings": {"index": {"number_of_shards": 1, "number_of_replicas": replicas}},
            "mappings": {"dynamic": False, "properties": dict(cls.FIELDS)},
        }
