"""DeliveryStack: the pipeline that tests this repository and deploys it to the environments, one after another."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codecommit as codecommit
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import pipelines
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge_wildcards
from settings import Environment
from settings.delivery import CodeSource, Delivery, DeliveryStage
from settings.operators import Operators
from settings.outputs import HANDED_ON
from settings.serverless import Serverless
from stacks.delivery_findings import acknowledge_pipeline
from stacks.environment_stage import EnvironmentStage

CHECKOUT = Path(__file__).resolve().parents[1]
NAME = "osml-delivery"
ARTIFACT_DAYS = 90
# The default qualifier of `cdk bootstrap`.
QUALIFIER = "hnb659fds"
IMAGE = codebuild.LinuxBuildImage.AMAZON_LINUX_2023_5
INSTALL = (
    "python3 -m venv .venv",
    ".venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt",
    ".venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .",
    ".venv/bin/python osml/deploy/vocabulary.py",
)


def _expire(pipeline: codepipeline.Pipeline) -> None:
    """Remove artifacts after 90 days, when no approval can still need them; CDK would never remove them."""
    replicas = [other.replication_bucket for other in pipeline.cross_region_support.values()]
    for bucket in (pipeline.artifact_bucket, *replicas):
        made = bucket.node.default_child
        assert isinstance(made, s3.CfnBucket)  # noqa: S101 for the type checker
        rule = s3.CfnBucket.RuleProperty(status="Enabled", expiration_in_days=ARTIFACT_DAYS)
        made.lifecycle_configuration = s3.CfnBucket.LifecycleConfigurationProperty(rules=[rule])


class DeliveryStack(cdk.Stack):
    """A CodePipeline from `delivery.source` through the stages of `delivery`.

    `file` is the path of the delivery file, as it was given to the app. Before each stage a step (`osml review`) stops
    the pipeline if the stage would remove data that nobody has reviewed. After the stage a step (`osml smoke`) asks its
    question, and fails the stage if the answer is not grounded, or if measured answers are not good enough.
    """

    def __init__(self, scope: Construct, delivery: Delivery, environments: Iterable[Environment], *, file: str) -> None:
        super().__init__(
            scope,
            NAME,
            stack_name=NAME,
            description="Delivers osml through its environments",
            env=cdk.Environment(account=delivery.account, region=delivery.region),
            analytics_reporting=False,
        )
        environments = list(environments)
        self._delivery = delivery
        self._foreign = {environment.account for environment in environments} - {delivery.account, None}
        self._source = self._input(delivery.source)
        self._smoke_role = self._role()
        self._review_role = iam.Role(
            self,
            "ReviewRole",
            assumed_by=self._builds,
            description="Reads what is deployed before a delivery",
        )
        pipeline = pipelines.CodePipeline(
            self,
            "Pipeline",
            pipeline_name=NAME,
            pipeline_type=codepipeline.PipelineType.V2,
            cli_version=json.loads((CHECKOUT / "package.json").read_text())["devDependencies"]["aws-cdk"],
            cross_account_keys=bool(self._foreign),
            enable_key_rotation=bool(self._foreign) or None,
            publish_assets_in_parallel=False,
            code_build_defaults=pipelines.CodeBuildOptions(
                build_environment=codebuild.BuildEnvironment(build_image=IMAGE),
                partial_build_spec=codebuild.BuildSpec.from_object(
                    {"version": "0.2", "phases": {"install": {"runtime-versions": {"python": "3.13", "nodejs": "22"}}}}
                ),
            ),
            # The default of three GiB is too little for the type checker together with jsii.
            synth_code_build_defaults=pipelines.CodeBuildOptions(
                build_environment=codebuild.BuildEnvironment(compute_type=codebuild.ComputeType.MEDIUM)
            ),
            synth=self._synth(file),
        )
        for stage, environment in zip(delivery.stages, environments, strict=True):
            self._deliver(pipeline, stage, environment)
        pipeline.build_pipeline()
        _expire(pipeline.pipeline)
        acknowledge_pipeline(pipeline)

    def _input(self, source: CodeSource) -> pipelines.CodePipelineSource:
        if source.codecommit is not None:
            repository = codecommit.Repository.from_repository_name(self, "Repository", source.codecommit)
            return pipelines.CodePipelineSource.code_commit(repository, source.branch)
        return pipelines.CodePipelineSource.connection(
            cast(str, source.repository), source.branch, connection_arn=cast(str, source.connection)
        )

    def _synth(self, file: str) -> pipelines.ShellStep:
        return pipelines.ShellStep(
            "Synth",
            input=self._source,
            commands=[
                "make check",
                ".venv/bin/pytest -q tests/synth",
                f'npx cdk synth --quiet --app ".venv/bin/python app.py" -c {shlex.quote(f"delivery={file}")}',
            ],
            primary_output_directory="cdk.out",
        )

    @property
    def _builds(self) -> iam.ServicePrincipal:
        return iam.ServicePrincipal(
            "codebuild.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": self.account}}
        )

    def _role(self) -> iam.Role:
        # Other accounts name this role in their trust policies before it exists, so its name must be fixed.
        return iam.Role(
            self,
            "SmokeRole",
            role_name=f"{NAME}-smoke" if self._foreign else None,
            assumed_by=self._builds,
            description="Asks each environment its question after a delivery",
        )

    def _deliver(self, pipeline: pipelines.CodePipeline, stage: DeliveryStage, environment: Environment) -> None:
        stacks = EnvironmentStage(self, environment)
        if environment.account in self._foreign or environment.operators != Operators():
            self._let_in(stacks)
        review = self._review(environment)
        before: list[pipelines.Step] = [review]
        if stage.approval:
            approval = pipelines.ManualApprovalStep(f"Approve-{environment.name}")
            # People approve after the review, so they can read its result.
            approval.add_step_dependency(review)
            before.append(approval)
        pipeline.add_stage(stacks, pre=before, post=[self._smoke(stage, stacks, environment)])

    def _review(self, environment: Environment) -> pipelines.CodeBuildStep:
        """A step that compares the stage with what is deployed, with the CDK's lookup role of that account."""
        account, region = environment.account or self.account, environment.region or self.region
        role = f"arn:{self.partition}:iam::{account}:role/cdk-{QUALIFIER}-lookup-role-{account}-{region}"
        return pipelines.CodeBuildStep(
            f"Review-{environment.name}",
            input=self._source,
            install_commands=[*INSTALL, "npm ci --silent"],
            commands=[
                "mkdir -p ~/.aws",
                'printf "[profile review]\\nrole_arn = $ROLE\\ncredential_source = EcsContainer\\n" > ~/.aws/config',
                f"AWS_PROFILE=review .venv/bin/osml review --env {environment.name}",
            ],
            env={"ROLE": role},
            role=self._review_role,
            role_policy_statements=[iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[role])],
        )

    def _let_in(self, stacks: EnvironmentStage) -> None:
        """Let the smoke step assume an operator role of another account, or one that trusts only named identities."""
        smoke = f"arn:{self.partition}:iam::{self._delivery.account}:role/{NAME}-smoke"
        for operator in stacks.operators():
            policy = operator.role.assume_role_policy
            assert policy is not None  # noqa: S101 for the type checker: the role is made here, not imported
            policy.add_statements(
                iam.PolicyStatement(
                    actions=["sts:AssumeRole"],
                    principals=[iam.AccountPrincipal(self._delivery.account)],
                    conditions={"ArnEquals": {"aws:PrincipalArn": smoke}},
                )
            )

    def _smoke(
        self, stage: DeliveryStage, stacks: EnvironmentStage, environment: Environment
    ) -> pipelines.CodeBuildStep:
        wanted = self._delivery.smoke_of(stage)
        osml = f".venv/bin/osml {{}} --env {environment.name}"
        ingest = [f"{osml.format('ingest')} {shlex.join(wanted.documents)}"] if wanted.documents else []
        expect = "".join(f" --expect {shlex.quote(text)}" for text in wanted.expect)
        measure = [f"{osml.format('evaluate')} {shlex.join(wanted.answers.arguments)}"] if wanted.answers else []
        account = f"arn:{self.partition}:iam::{environment.account or self.account}:role"
        operators = [f"{account}/{_generated_name(operator.role)}-*" for operator in stacks.operators()]
        acknowledge_wildcards(
            self._smoke_role, operators, "CloudFormation adds random characters to the name of an operator role."
        )
        return pipelines.CodeBuildStep(
            f"Ask-{environment.name}",
            input=self._source,
            install_commands=list(INSTALL),
            commands=[*ingest, f"{osml.format('smoke')}{expect} {shlex.quote(wanted.question)}", *measure],
            **self._inside(environment),
            env_from_cfn_outputs={f"{HANDED_ON}{name}": output for name, output in stacks.outputs().items()},
            role=self._smoke_role,
            role_policy_statements=[iam.PolicyStatement(actions=["sts:AssumeRole"], resources=operators)],
        )

    def _inside(self, environment: Environment) -> dict[str, Any]:
        """The network of the smoke step for an engine that only its VPC reaches.

        Empty for other engines, and for a collection, which only functions ask. Raises ValueError if the VPC is in
        another account or region, or has no security group for the step.
        """
        vpc = environment.search.vpc
        if vpc is None or isinstance(environment.search, Serverless):
            return {}
        here = (self._delivery.account, self._delivery.region)
        if (environment.account or here[0], environment.region or here[1]) != here or not vpc.security_groups:
            raise ValueError(
                f"the environment {environment.name}: search.vpc.id is {vpc.id!r}, but the question is asked from "
                f"account {here[0]}, region {here[1]}, by a build that carries search.vpc.security_groups; deliver it "
                "by a pipeline in its own account and region, with a security group that is let in"
            )
        within = ec2.Vpc.from_vpc_attributes(
            self,
            f"Vpc-{environment.name}",
            vpc_id=vpc.id,
            availability_zones=vpc.availability_zones,
            private_subnet_ids=vpc.subnets,
        )
        cdk.Annotations.of(within).acknowledge_warning("@aws-cdk/aws-ec2:noSubnetRouteTableId")
        groups = [ec2.SecurityGroup.from_security_group_id(self, group, group) for group in vpc.security_groups]
        return {
            "vpc": within,
            "subnet_selection": ec2.SubnetSelection(subnets=within.private_subnets),
            "security_groups": groups,
        }


def _generated_name(role: iam.Role) -> str:
    """The beginning of the name that CloudFormation generates for a role: stack and logical id."""
    stack = cdk.Stack.of(role)
    return f"{stack.stack_name}-{stack.get_logical_id(cast(cdk.CfnElement, role.node.default_child))}"
