"""Findings of cdk-nag about resources that CDK Pipelines creates itself; each is accepted with a reason."""

from __future__ import annotations

from aws_cdk import Aws, Stack, aws_codebuild, pipelines
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge, acknowledge_wildcards

ARTIFACT_ACTIONS = ("s3:Abort*", "s3:DeleteObject*", "s3:GetBucket*", "s3:GetObject*", "s3:List*")
KEY_ACTIONS = ("kms:GenerateDataKey*", "kms:ReEncrypt*")
UNLOGGED = "The bucket holds copies of the repository, and CloudTrail can record its reads."


def acknowledge_pipeline(pipeline: pipelines.CodePipeline) -> None:
    """Accept the findings about `pipeline`, which must be built, and about its steps' roles in the same stack."""
    stack = Stack.of(pipeline)
    reason = "CDK writes the pipeline's permissions for its own artifacts with these wildcards."
    acknowledge(stack, dict.fromkeys((f"AwsSolutions-IAM5[Action::{action}]" for action in ARTIFACT_ACTIONS), reason))
    acknowledge(stack, dict.fromkeys((f"AwsSolutions-IAM5[Action::{action}]" for action in KEY_ACTIONS), reason))
    acknowledge_wildcards(stack, [f"{pipeline.pipeline.artifact_bucket.bucket_arn}/*"], reason)
    acknowledge(
        stack,
        {
            "AwsSolutions-CB4": "Builds write only to the pipeline's artifacts, and the bucket encrypts them.",
            "AwsSolutions-S1": UNLOGGED,
        },
    )
    _acknowledge_projects(stack)
    _acknowledge_replicas(pipeline)
    roles = "The condition allows only bootstrap roles, which it identifies by their tag."
    for name, wildcards in (("UpdatePipeline", ["*", f"arn:*:iam::{stack.account}:role/*"]), ("Assets", ["*"])):
        made = pipeline.node.try_find_child(name)
        if made is not None:
            acknowledge_wildcards(made, wildcards, roles)


def _acknowledge_projects(stack: Stack) -> None:
    reason = "CodeBuild names the log streams and reports of a build when the build runs."
    # The policies of the asset project's role contain no project name.
    names = [project.ref for project in _projects(stack) if "/Assets/" not in project.node.path]
    logs, reports = (
        f"arn:{stack.partition}:{service}:{stack.region}:{stack.account}" for service in ("logs", "codebuild")
    )
    wildcards = [f"{logs}:log-group:/aws/codebuild/*", f"{reports}:report-group/*"]
    wildcards += [f"{logs}:log-group:/aws/codebuild/{name}:*" for name in names]
    wildcards += [f"{reports}:report-group/{name}-*" for name in names]
    acknowledge_wildcards(stack, wildcards, reason)
    interfaces = "CodeBuild creates the network interface of a build in a VPC when the build runs."
    anywhere = f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}:network-interface/*"
    if any(project.vpc_config for project in _projects(stack)):
        acknowledge_wildcards(stack, [anywhere], interfaces)
    for project in _projects(stack):
        policy = project.node.scope.node.try_find_child("PolicyDocument") if project.node.scope else None
        if policy:
            acknowledge_wildcards(policy, ["*"], interfaces)


def _acknowledge_replicas(pipeline: pipelines.CodePipeline) -> None:
    for other in pipeline.pipeline.cross_region_support.values():
        acknowledge(other.stack, {"AwsSolutions-S1": UNLOGGED})
        keys = "This stack cannot know the ARN of a key in another region."
        acknowledge_wildcards(pipeline, ["*"], keys)
        copies = "The bucket in the other region holds only the artifacts of this pipeline."
        acknowledge_wildcards(pipeline, [f"{other.replication_bucket.bucket_arn}/*"], copies)


def _projects(scope: Construct) -> list[aws_codebuild.CfnProject]:
    return [construct for construct in scope.node.find_all() if isinstance(construct, aws_codebuild.CfnProject)]
