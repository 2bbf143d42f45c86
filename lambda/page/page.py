"""CloudFormation calls this function, which writes the page into the bucket from which API Gateway sends it.

Variables: `BUCKET` names the bucket, which contains nothing else, and `SETTINGS` are the page's settings as JSON. The
event does not contain the page. Its properties change with the settings and files, so CloudFormation calls again.
"""

import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from crhelper import CfnResource

# A delete sleeps two minutes by default (crhelper 2.0.12).
helper = CfnResource(log_level="INFO", boto_level="WARNING", sleep_on_delete=0)
PAGE = "page"

imported = False
try:
    import boto3

    from aws.invitation import require_invited
    from page_objects import page_objects

    imported = True
except Exception as error:  # noqa: BLE001 - unanswered, CloudFormation would wait for the ServiceTimeout
    helper.init_failure(error)


def handler(event: dict[str, Any], context: Any) -> None:
    """The function's entry point; crhelper answers CloudFormation. Raises `Uninvited` for other callers."""
    if imported:
        require_invited(event, context.invoked_function_arn)
    helper(event, context)


@helper.create
@helper.update
def _write(_event: dict[str, Any], _context: Any) -> str:
    helper.PhysicalResourceId = PAGE
    bucket = os.environ["BUCKET"]
    objects = page_objects(_folder(), json.loads(os.environ["SETTINGS"]))
    for key, written in objects.items():
        boto3.client("s3").put_object(
            Bucket=bucket,
            Key=key,
            Body=written.content,
            ContentType=written.media_type,
            ContentEncoding="gzip",
            # API Gateway sends this as a header. Header values in its own settings cannot contain single quotes.
            Metadata={"content-security-policy": written.policy},
        )
    _keep(objects)
    return PAGE


@helper.delete
def _remove(_event: dict[str, Any], _context: Any) -> None:
    _keep(())


def _keep(keys: Collection[str]) -> None:
    """Remove all objects but those of the `keys`."""
    client, bucket = boto3.client("s3"), os.environ["BUCKET"]
    for listed in client.list_objects_v2(Bucket=bucket).get("Contents", ()):
        if listed["Key"] not in keys:
            client.delete_object(Bucket=bucket, Key=listed["Key"])


def _folder() -> Path:
    """The folder `web`: next to this file in the function's package, otherwise at the top of a checkout."""
    here = Path(__file__).resolve().parent
    return here / "web" if (here / "web").is_dir() else here.parents[1] / "web"
