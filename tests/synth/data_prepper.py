"""The schema of our pipelines' YAML: the parts of Data Prepper's configuration classes that we use.

Written from the classes named below at https://github.com/opensearch-project/data-prepper, commit 4e7f003
(2.17.0-SNAPSHOT, 2026-08-21): their @JsonProperty names, types, enumerations and constraints. OpenSearch Ingestion runs
Data Prepper 2; Amazon does not publish the minor version.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

Duration = Annotated[str, Field(pattern=r"^(PT(\d+H)?(\d+M)?(\d+S)?|\d+(s|ms))$")]
RoleArn = Annotated[str, Field(min_length=20, max_length=2048)]
BucketName = Annotated[str, Field(min_length=3, max_length=500)]
Account = Annotated[str, Field(pattern=r"^\d{12}$")]
Compression = Literal["none", "gzip", "snappy", "zstd", "automatic"]


class Part(BaseModel):
    """A class that refuses unknown names, as Jackson does there."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Aws(Part):
    """s3.common.config.AwsAuthenticationOptions; those of the S3 sink and of ml_inference have the same names."""

    region: Annotated[str, Field(min_length=1)] | None = None
    sts_role_arn: RoleArn | None = None
    sts_external_id: Annotated[str, Field(min_length=2, max_length=1224)] | None = None
    sts_header_overrides: dict[str, str] | None = None


class NdjsonInput(Part):
    """plugins.codec.json.NdjsonInputConfig."""

    include_empty_objects: bool = False
    extension: str | None = None


class InputCodec(Part):
    ndjson: NdjsonInput


class KeyPath(Part):
    """source.s3.configuration.S3ScanKeyPathOption."""

    include_prefix: list[str] | None = None
    exclude_suffix: list[str] | None = None


class ScanBucket(Part):
    """source.s3.configuration.S3ScanBucketOption."""

    name: BucketName
    data_selection: Literal["data_only", "metadata_only", "data_and_metadata"] = "data_and_metadata"
    filter: KeyPath | None = None
    start_time: str | None = None
    end_time: str | None = None
    range: Duration | None = None


class ScanBuckets(Part):
    """source.s3.configuration.S3ScanBucketOptions."""

    bucket: ScanBucket


class Scheduling(Part):
    """source.s3.configuration.S3ScanSchedulingOptions."""

    interval: Duration
    count: Annotated[int, Field(ge=2)] | None = None


class Scan(Part):
    """source.s3.configuration.S3ScanScanOptions."""

    buckets: list[ScanBuckets]
    scheduling: Scheduling | None = None
    acknowledgment_timeout: Duration | None = None
    range: Duration | None = None
    start_time: str | None = None
    end_time: str | None = None


class S3Source(Part):
    """source.s3.S3SourceConfig; it requires a codec unless S3 Select reads."""

    aws: Aws
    codec: InputCodec
    scan: Scan
    compression: Compression = "none"
    acknowledgments: bool = False
    delete_s3_objects_on_read: bool = False
    default_bucket_owner: Account | None = None
    workers: Annotated[int, Field(ge=1, le=1000)] = 1
    records_to_accumulate: int | None = None
    buffer_timeout: Duration | None = None
    metadata_root_key: str | None = None

    @model_validator(mode="after")
    def _deleted_only_when_acknowledged(self) -> S3Source:
        if self.delete_s3_objects_on_read and not self.acknowledgments:
            raise ValueError("acknowledgments must be enabled when using delete_s3_objects_on_read")
        return self


class Source(Part):
    s3: S3Source


class S3DeadLetters(Part):
    """dlq.s3.S3DlqWriterConfig."""

    bucket: str
    key_path_prefix: str | None = None
    region: str | None = None
    sts_role_arn: RoleArn | None = None
    sts_external_id: str | None = None
    bucket_owner: str | None = None


class DeadLetters(Part):
    s3: S3DeadLetters


class JobAws(Aws):
    """ml_inference.processor.configuration.AwsAuthenticationOptions."""

    job_sts_role_arn: RoleArn | None = None


class MlInference(Part):
    """ml_inference.processor.MLProcessorConfig."""

    aws: JobAws
    host: str
    model_id: str
    output_path: Annotated[str, Field(pattern=r"^s3://")]
    action_type: Literal["predict", "batch_predict"] = "batch_predict"
    service_name: Literal["sagemaker", "bedrock"] = "sagemaker"
    aws_sigv4: bool = False
    input_key: str | None = None
    ml_when: str | None = None
    tags_on_failure: list[str] = []
    max_batch_size: int = 100
    retry_time_window: Duration = "PT10M"
    retry_interval: Duration | None = None
    dlq: DeadLetters | None = None


class CopyEntry(Part):
    """mutateevent.CopyValueProcessorConfig.Entry."""

    from_key: Annotated[str, Field(min_length=1)]
    to_key: Annotated[str, Field(min_length=1)]
    overwrite_if_to_key_exists: bool = False
    copy_when: str | None = None


class CopyValues(Part):
    """mutateevent.CopyValueProcessorConfig."""

    entries: Annotated[list[CopyEntry], Field(min_length=1)]


class DeleteEntries(Part):
    """mutateevent.DeleteEntryProcessorConfig."""

    with_keys: Annotated[list[str], Field(min_length=1)]
    delete_when: str | None = None


class Processor(Part):
    """One of the plugins, by its name."""

    ml_inference: MlInference | None = None
    copy_values: CopyValues | None = None
    delete_entries: DeleteEntries | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Processor:
        if len(self.model_fields_set) != 1:
            raise ValueError("a list of processors names one in each entry")
        return self


class ObjectKey(Part):
    """sink.s3.configuration.ObjectKeyOptions."""

    path_prefix: str | None = None
    name_pattern_prefix: str | None = None


class Threshold(Part):
    """sink.s3.configuration.ThresholdOptions."""

    event_collect_timeout: Duration
    event_count: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    maximum_size: str | None = None


class OutputCodec(Part):
    ndjson: dict[str, Any]


class S3Sink(Part):
    """sink.s3.S3SinkConfig."""

    aws: Aws
    bucket: BucketName
    threshold: Threshold
    codec: OutputCodec
    object_key: ObjectKey | None = None
    compression: Literal["none", "gzip", "snappy"] = "none"
    default_bucket_owner: Account | None = None
    max_retries: int | None = None


class SinkAws(Aws):
    """sink.opensearch.configuration.AwsAuthenticationConfiguration."""

    serverless: bool = False


class OpenSearchSink(Part):
    """sink.opensearch.configuration.OpenSearchSinkConfig; index types of index.IndexType."""

    hosts: Annotated[list[Annotated[str, Field(pattern=r"^https://")]], Field(min_length=1)]
    index: str
    index_type: Literal["custom", "management_disabled"] = "custom"
    aws: SinkAws | None = None
    action: Literal["index", "create", "update", "upsert", "delete"] = "index"
    document_id: str | None = None
    routing: str | None = None
    bulk_size: int | None = None
    flush_timeout: int | None = None
    max_retries: int | None = None
    dlq: DeadLetters | None = None


class Sink(Part):
    """One of the plugins, by its name."""

    s3: S3Sink | None = None
    opensearch: OpenSearchSink | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Sink:
        if len(self.model_fields_set) != 1:
            raise ValueError("a list of sinks names one in each entry")
        return self


class SubPipeline(Part):
    """data-prepper-api PipelineModel."""

    source: Source
    processor: list[Processor] = []
    sink: Annotated[list[Sink], Field(min_length=1)]
    workers: int | None = None
    delay: int | None = None


class Pipelines(RootModel[dict[str, SubPipeline]]):
    """data-prepper-api PipelinesDataFlowModel without `version`."""
