"""The two Data Prepper pipelines between files of documents and an index.

Source of every name: the configuration classes of the plugins s3-source, ml-inference-processor, s3-sink,
mutate-event-processors and opensearch in https://github.com/opensearch-project/data-prepper (2.17.0-SNAPSHOT, 4e7f003).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opensearch_ml.providers.sagemaker_batch import INPUT, OUTPUT

INPUTS, OUTPUTS, JOBS, FAILED = "batch/input/", "batch/output/", "batch/jobs/", "batch/failed/"
# Fields of a document's source that would determine where the engine writes it, or who may see it.
ACTING = tuple(
    f"/{name}" for name in ("_id", "_index", "_routing", "_version", "_version_type", "_if_seq_no", "osml/access")
)
NDJSON = {"ndjson": {"include_empty_objects": False}}


@dataclass(frozen=True)
class BatchPlace:
    """Where the pipelines read and write: `host` is the domain's URL, `bucket` contains the folders above.

    The pipelines look for new files every `minutes`.
    """

    region: str
    bucket: str
    account: str
    host: str
    minutes: int = 6


def inference_body(place: BatchPlace, role: str, *, model_id: str, files: int = 100) -> dict[str, Any]:
    """A pipeline that sends each new file under INPUTS to a job of the model `model_id`, up to `files` files in a job.

    JOBS gets a list of the files of each job, FAILED a list of the files that could not be sent.
    """
    aws = {"region": place.region, "sts_role_arn": role}
    inference = {
        "host": place.host,
        "aws_sigv4": True,
        "action_type": "batch_predict",
        "service_name": "sagemaker",
        "model_id": model_id,
        "output_path": f"s3://{place.bucket}/{OUTPUTS.rstrip('/')}",
        "max_batch_size": files,
        # SageMaker refuses a new job while the account already runs as many as it may.
        "retry_time_window": "PT2H",
        "aws": aws,
        "tags_on_failure": ["no_job"],
        "dlq": _letters(place, role),
    }
    noted = {
        "aws": aws,
        "bucket": place.bucket,
        "default_bucket_owner": place.account,
        "object_key": {"path_prefix": JOBS},
        "compression": "none",
        "codec": {"ndjson": {}},
        "threshold": {"event_count": 1000, "event_collect_timeout": "PT1M"},
    }
    return {
        # The processor writes a manifest, the list of a job's files, into the same folder.
        "source": _scan(place, aws, INPUTS, selected="metadata_only", excluded=[".manifest"]),
        "processor": [{"ml_inference": inference}],
        "sink": [{"s3": noted}],
    }


def index_body(place: BatchPlace, role: str, *, index: str, embedding_field: str) -> dict[str, Any]:
    """A pipeline that stores each line of each new file under OUTPUTS as a document in `index`, with its vector.

    The line's `id` becomes the document's id.
    """
    aws = {"region": place.region, "sts_role_arn": role}
    # The copied values replace the line's own values.
    ours = {"overwrite_if_to_key_exists": True}
    copied = [
        # A container answers with a list of vectors; here the list has one.
        {"from_key": f"/{OUTPUT}/0", "to_key": f"/{embedding_field}", **ours},
        {"from_key": "/id", "to_key": "/document", **ours},
    ]
    documents = {
        "hosts": [place.host],
        "aws": {**aws, "serverless": False},
        # The index already exists with its mapping, and Data Prepper must not change it.
        "index_type": "management_disabled",
        "index": index,
        "document_id": "${/id}",
        "action": "index",
        "max_retries": 20,
        "dlq": _letters(place, role),
    }
    return {
        "source": _scan(place, aws, OUTPUTS, selected="data_only", excluded=[]),
        "processor": [
            {"copy_values": {"entries": copied}},
            {"delete_entries": {"with_keys": [f"/{OUTPUT}", f"/{INPUT}", *ACTING]}},
        ],
        "sink": [{"opensearch": documents}],
    }


def _scan(place: BatchPlace, aws: dict[str, str], prefix: str, *, selected: str, excluded: list[str]) -> dict[str, Any]:
    chosen = {"include_prefix": [prefix], **({"exclude_suffix": excluded} if excluded else {})}
    bucket = {"name": place.bucket, "data_selection": selected, "filter": chosen}
    return {
        "s3": {
            # A file is done when its results are written.
            "acknowledgments": True,
            "codec": NDJSON,
            "compression": "none",
            "default_bucket_owner": place.account,
            "scan": {"scheduling": {"interval": f"PT{place.minutes}M"}, "buckets": [{"bucket": bucket}]},
            "aws": aws,
        }
    }


def _letters(place: BatchPlace, role: str) -> dict[str, Any]:
    s3 = {"bucket": place.bucket, "key_path_prefix": FAILED, "region": place.region, "sts_role_arn": role}
    return {"s3": s3}
