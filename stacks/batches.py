"""Batches: jobs embed files of documents, and pipelines of OpenSearch Ingestion load them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge_wildcards
from opensearch_ml.engine.log_retention import RETENTION
from opensearch_ml.ingestion.batch_bodies import FAILED, INPUTS, JOBS, OUTPUTS, BatchPlace, index_body, inference_body
from opensearch_ml.ingestion.ingestion_pipeline import IngestionPipeline
from opensearch_ml.providers.sagemaker_batch import sagemaker_batch
from opensearch_ml.resources.ml_connector import MlConnector
from opensearch_ml.resources.ml_model import MlModel
from opensearch_ml.resources.ml_model_group import MlModelGroup
from opensearch_ml.resources.role_mapping import RoleMapping
from opensearch_ml.resources.security_role import SecurityRole
from opensearch_ml.resources.trusted_endpoints import TrustedEndpoints
from settings import Environment
from settings.ingestion import Ingestion
from stacks.assistant_needs import EMBED, ML
from stacks.connector_access import ConnectorAccess
from stacks.environment_stack import EnvironmentStack
from stacks.index_names import physical_indexes
from stacks.inference import InferenceStack
from stacks.search import SearchStack

PREFIXES = "Users and jobs choose the names of the files under these prefixes."


class Batches(Construct):
    """Two pipelines of OpenSearch Ingestion: `inference` and `loading`.

    `inference` sends files under `batch/input/` in `bucket` to jobs of a model with the batch API, which write to
    `batch/output/`. `loading` loads these files into the index. The jobs run the endpoint's model, so their vectors are
    comparable with those of questions. Raises ValueError without an embedding endpoint that the environment creates.
    """

    def __init__(
        self,
        scope: EnvironmentStack,
        id: str,
        *,
        environment: Environment,
        settings: Ingestion,
        bucket: s3.Bucket,
        search: SearchStack,
        inference: InferenceStack,
    ) -> None:
        super().__init__(scope, id)
        self._environment, self._settings, self._bucket, self._search = environment, settings, bucket, search
        stack = Stack.of(self)
        self._place = BatchPlace(
            region=stack.region,
            bucket=bucket.bucket_name,
            account=stack.account,
            host=search.engine.endpoint,
            minutes=settings.minutes,
        )
        model = self._model(inference)
        self.inference = self._inference(model)
        self.loading = self._loading()
        for role, cluster, index in (
            (self.inference, [f"{ML}/predict"], []),
            (self.loading, [*EMBED, "indices:data/write/bulk", "cluster:monitor/*"], self._writes),
        ):
            self._let_in(role, cluster, index)

    @property
    def _writes(self) -> list[str]:
        return ["indices:data/write/*", "indices:admin/get", "indices:admin/aliases/get"]

    def _model(self, inference: InferenceStack) -> MlModel:
        endpoint, settings = inference.embedding_endpoint, self._settings
        if endpoint is None or endpoint.model_name is None or endpoint.role is None:
            raise ValueError(
                "ingestion needs an embedding endpoint that is made here; set embedding.endpoint to create."
            )
        provider = sagemaker_batch(
            self,
            inference.embedding,
            model_name=endpoint.model_name,
            instance_type=settings.instance_type,
            instances=settings.instances,
        )
        access = ConnectorAccess(
            self, engine=self._search.engine, provisioner=self._search.provisioner, providers={"BatchRole": provider}
        )
        jobs = Stack.of(self).format_arn(service="sagemaker", resource="transform-job", resource_name="*")
        acknowledge_wildcards(self, [jobs], "OpenSearch Ingestion names each job after its start time.")
        target = self._search.target(Stack.of(self).region, access.after)
        name = f"{self._environment.prefix}-batch"
        connector = MlConnector(
            self, "Connector", target=target, name=name, provider=provider, role=access.of(provider)
        )
        trusted = TrustedEndpoints(self, "TrustedEndpoints", target=target, patterns=provider.trusted)
        connector.node.add_dependency(trusted)
        group = MlModelGroup(self, "Group", target=target, name=name)
        model = MlModel(self, "Model", target=target, name=name, group=group, connector=connector, probe=provider.probe)
        files = [self._bucket.arn_for_objects(f"{prefix}*") for prefix in (INPUTS, OUTPUTS)]
        reads = iam.Policy(
            self,
            "Files",
            roles=[endpoint.role],
            statements=[
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[files[0]]),
                iam.PolicyStatement(actions=["s3:PutObject"], resources=[files[1]]),
                self._listing(INPUTS),
            ],
        )
        acknowledge_wildcards(reads, files, PREFIXES)
        return model

    def _inference(self, model: MlModel) -> IngestionPipeline:
        pipeline = self._pipeline(
            "Inference",
            "batch",
            lambda role: inference_body(self._place, role, model_id=model.physical_id, files=self._settings.files),
        )
        read, *written = (self._bucket.arn_for_objects(f"{prefix}*") for prefix in (INPUTS, INPUTS, JOBS, FAILED))
        domain = self._search.engine.domain_arn
        predict = f"{domain}/_plugins/_ml/models/{model.physical_id}/_batch_predict"
        pipeline.allow(
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[read]),
            iam.PolicyStatement(actions=["s3:PutObject"], resources=written),
            self._listing(INPUTS),
            iam.PolicyStatement(actions=["es:DescribeDomain"], resources=[str(domain)]),
            iam.PolicyStatement(actions=["es:ESHttpPost"], resources=[predict]),
            wildcards=PREFIXES,
        )
        return pipeline

    def _loading(self) -> IngestionPipeline:
        index = self._environment.index
        pipeline = self._pipeline(
            "Loading",
            "load",
            lambda role: index_body(self._place, role, index=index.name, embedding_field=index.embedding_field),
        )
        read, failed = (self._bucket.arn_for_objects(f"{prefix}*") for prefix in (OUTPUTS, FAILED))
        domain = self._search.engine.domain_arn
        verbs = [f"es:ESHttp{verb}" for verb in ("Get", "Head", "Post", "Put")]
        pipeline.allow(
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[read]),
            iam.PolicyStatement(actions=["s3:PutObject"], resources=[failed]),
            self._listing(OUTPUTS),
            iam.PolicyStatement(actions=["es:DescribeDomain"], resources=[str(domain)]),
            iam.PolicyStatement(actions=verbs, resources=[f"{domain}/*"]),
            wildcards=f"{PREFIXES} Fine-grained access control limits the role on the domain.",
        )
        return pipeline

    def _pipeline(self, id: str, part: str, body: Callable[[str], Mapping[str, Any]]) -> IngestionPipeline:
        search = self._environment.search
        return IngestionPipeline(
            self,
            id,
            name=f"{self._environment.prefix}-{part}",
            body=body,
            units=self._settings.units,
            log_retention=RETENTION[search.log_retention],
        )

    def _let_in(self, pipeline: IngestionPipeline, cluster: list[str], index: list[str]) -> None:
        name = self._environment.index.name
        target = self._search.target(Stack.of(self).region, ())
        role = SecurityRole(
            pipeline,
            "Rights",
            target=target,
            name=f"{self._environment.prefix}-{pipeline.node.id.lower()}",
            description="What a pipeline of OpenSearch Ingestion may do",
            cluster=cluster,
            index=index,
            indexes=[name, *physical_indexes(self._environment)],
        )
        mapping = RoleMapping(pipeline, "Map", target=target, role=role.name, backend_roles=[pipeline.role.role_arn])
        mapping.node.add_dependency(role)
        pipeline.pipeline.node.add_dependency(mapping)

    def _listing(self, prefix: str) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[self._bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
        )
