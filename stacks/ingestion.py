"""IngestionStack: ways to load documents other than the command line and the assistant."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from constructs import Construct

from opensearch_ml.engine.log_retention import RETENTION
from opensearch_ml.ingestion.batch_bodies import FAILED, INPUTS, JOBS, OUTPUTS
from opensearch_ml.ingestion.document_bucket import DocumentBucket
from opensearch_ml.ingestion.document_drop import DocumentDrop
from opensearch_ml.ingestion.source_sync import SourceSync
from settings import Environment
from settings.assistant import passage_characters
from settings.drop import Drop
from settings.ingestion import Ingestion
from settings.outputs import SourcesOutputs
from settings.runtime_settings import VARIABLE
from settings.sources import SourceSettings
from stacks.assistant_access import GUESSED, grant_recognition, grant_search
from stacks.assistant_settings import storing_settings
from stacks.batches import Batches
from stacks.environment_stack import EnvironmentStack
from stacks.inference import InferenceStack
from stacks.model_provider import model_secret
from stacks.search import SearchStack

# The files that jobs and pipelines write for a batch are of no use after it is loaded.
FOLDERS = (OUTPUTS, JOBS, FAILED)


class IngestionStack(EnvironmentStack):
    """The drop, the batches and the sources of `environment`.

    It is a separate stack because people put documents into its buckets. CloudFormation does not delete a bucket that
    is not empty, and that must not stop the other stacks of the environment.
    """

    def __init__(
        self, scope: Construct, environment: Environment, *, search: SearchStack, inference: InferenceStack
    ) -> None:
        super().__init__(scope, environment, "ingestion", "Loads what is put into a bucket")
        self._environment, self._search = environment, search
        if environment.drop:
            self._drop(environment.drop)
        if environment.ingestion:
            self._batches(environment.ingestion, inference)
        if environment.sources:
            self._sources(environment.sources, inference)
        self.write_specifications()

    def _drop(self, settings: Drop) -> None:
        drop = DocumentDrop(
            self,
            "Drop",
            variables={"DESTINATION": self._destination(settings), "ENVIRONMENT": self._environment.name},
            concurrency=settings.concurrency,
            objects=settings.objects,
            attempts=settings.attempts,
            timeout=Duration.seconds(settings.seconds),
            late=Duration.minutes(settings.late_minutes),
            log_retention=RETENTION[self._environment.search.log_retention],
            removal_policy=self.removal,
            network=self._search.network,
        )
        target = self._search.target(self.region, ())
        grant_search(self, self._environment, self._search, target, drop, "drop")
        grant_recognition(self._environment, drop)
        self.output("DropBucketName", drop.bucket.bucket_name)
        self.output("DropFolder", f"s3://{drop.bucket.bucket_name}/documents/")
        self.output("DropQueueUrl", drop.queue.queue_url)
        self.output("DropQueueArn", drop.queue.queue_arn)
        self.output("DropDeadLettersUrl", drop.dead_letters.queue_url)
        self.output("DropDeadLettersArn", drop.dead_letters.queue_arn)

    def _sources(self, sources: Mapping[str, SourceSettings], inference: InferenceStack) -> None:
        collection = self._search.collection
        own = storing_settings(self._environment, self.region, search=self._search) if collection else None
        settings = {
            name: source.model_dump(mode="json", exclude={"schedule", "secret"}, exclude_defaults=True)
            | {"kind": source.kind}
            for name, source in sources.items()
        }
        sync = SourceSync(
            self,
            "Sources",
            environment=self._environment.name,
            sources=settings,
            schedules={name: source.schedule for name, source in sources.items() if source.schedule},
            objects=[source.objects for source in sources.values() if source.objects],
            secrets={
                name: model_secret(self, f"{name.title().replace('-', '')}Key", source.secret_settings, self.removal)
                for name, source in sources.items()
                if source.secret_settings
            },
            variables={
                "DESTINATION": self._destination(),
                **({VARIABLE: self.to_json_string(own)} if own else {}),
            },
            log_retention=RETENTION[self._environment.search.log_retention],
            removal_policy=self.removal,
            network=self._search.network,
        )
        grant_search(self, self._environment, self._search, self._search.target(self.region, ()), sync, "sources")
        if collection:
            sync.allow(*inference.embedding.caller_statements(), wildcards=GUESSED)
        grant_recognition(self._environment, sync)
        sync.let_begin(self._search.operator.role)
        self.outputs(SourcesOutputs(queue_url=sync.queue.queue_url, bucket=sync.bucket.bucket_name))

    def _batches(self, settings: Ingestion, inference: InferenceStack) -> None:
        bucket = DocumentBucket(self, "BatchFiles", removal_policy=self.removal, expiring=FOLDERS)
        Batches(
            self,
            "Batches",
            environment=self._environment,
            settings=settings,
            bucket=bucket.bucket,
            search=self._search,
            inference=inference,
        )
        self.output("BatchInput", f"s3://{bucket.bucket.bucket_name}/{INPUTS}")

    def _destination(self, settings: Drop | None = None) -> str:
        """The variable DESTINATION of a function that loads documents, as JSON; corpus/load_settings.py reads it."""
        engine, index = self._search.engine, self._environment.index
        auth = {"auth": {"basic": {"secretArn": engine.login.arn, **engine.login.keys}}} if engine.login else {}
        target = {"endpoint": engine.endpoint, "region": self.region, "service": engine.service, **auth}
        destination = {
            "target": target,
            "index": index.name,
            "text_field": index.text_field,
            "passage_characters": passage_characters(self._environment.assistant),
            "passage_tokens": self._environment.embedding.chunk_tokens,
            "passage_overlap": index.overlap,
            **({"mask": index.mask} if index.mask else {}),
            **({"start_seconds": starts} if (starts := self._environment.embedding.told_start_seconds) else {}),
            **self._environment.reading.model_dump(exclude_none=True),
            **({"groups": settings.groups} if settings and settings.groups else {}),
            **({"visible_seconds": visible} if (visible := self._environment.search.visible_seconds) else {}),
        }
        return self.to_json_string(destination)
