"""IngestionPipeline: one pipeline of Amazon OpenSearch Ingestion, with its role."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_osis as osis
from constructs import Construct

from opensearch_ml.engine.grantee import Grantee

Body = Mapping[str, Any]


class IngestionPipeline(Grantee):
    """The pipeline `name`, 3 to 28 characters, with one to `units` OCUs, billed by the hour while it exists.

    `body` is called with the ARN of the role. It returns the only sub-pipeline: Data Prepper's `source`, `processor`
    and `sink`.

    Example::

        pipeline = ml.IngestionPipeline(
            stack, "Load", name="articles", body=lambda role: {"source": {}, "processor": [], "sink": []}
        )
        pipeline.allow(iam.PolicyStatement(actions=["es:ESHttpPost"], resources=[f"{engine.domain_arn}/_bulk"]))
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        body: Callable[[str], Body],
        units: int = 4,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        arn = stack.format_arn(service="osis", resource="pipeline", resource_name=name)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "osis-pipelines.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}, "ArnLike": {"aws:SourceArn": arn}},
            ),
            description=f"What the pipeline {name} reads, calls and writes",
        )
        self.policy = iam.Policy(self, "Policy", roles=[self.role])
        # OpenSearch Ingestion writes only to log groups with this prefix.
        group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/vendedlogs/OpenSearchIngestion/{name}",
            retention=log_retention,
            removal_policy=removal_policy,
        )
        lines = block({"version": "2", name: body(self.role.role_arn)})
        self.pipeline = osis.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=name,
            min_units=1,
            max_units=units,
            pipeline_configuration_body="\n".join(lines),
            log_publishing_options=osis.CfnPipeline.LogPublishingOptionsProperty(
                is_logging_enabled=True,
                cloud_watch_log_destination=osis.CfnPipeline.CloudWatchLogDestinationProperty(
                    log_group=group.log_group_name
                ),
            ),
        )
        self.pipeline.node.add_dependency(self.policy, group)


def block(value: Any, indent: str = "") -> Iterator[str]:
    """`value` as lines of YAML; scalars are JSON, which is valid YAML 1.2, so an account id stays a string."""
    for key, inner in value.items() if isinstance(value, Mapping) else ((None, item) for item in value):
        mark = "-" if key is None else f"{key}:"
        if not inner or not isinstance(inner, Mapping | list):
            yield f"{indent}{mark} {json.dumps(inner)}"
        elif key is None:
            first, *others = block(inner, f"{indent}  ")
            yield from (f"{indent}- {first.lstrip()}", *others)
        else:
            yield from (f"{indent}{mark}", *block(inner, f"{indent}  "))
