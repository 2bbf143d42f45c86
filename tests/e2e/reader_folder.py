"""The folder of a reader of the documents: the files that commands name, small, and what they need of AWS."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import boto3

from sandbox.instance import CHECKOUT
from tests.unit.pdf_files import pdf

TOPICS = "dishwasher"
BUCKET = "my-bucket"
FILES = {
    "handbook/leave.md": "# Leave\n\nEverybody has 30 days of leave a year.\n",
    "handbook/travel.md": "# Travel\n\nTrains are booked by the travel desk.\n",
    "my-documents/ferry.md": "# Ferry\n\nThe ferry leaves at noon from pier 9.\n",
    "FOLDER/harbour.md": "# Harbour\n\nThe harbour opens at six.\n",
    "FILE.ndjson": '{"id": "library", "text": "The library closes on Mondays."}\n',
    "prices.csv": "id,text\npump,The pump costs 300 USD.\n",
    "articles.csv": "id,body\nvalve,The valve opens to the left.\n",
    "faq.csv": "id,question,answer\nrefund,When do I get a refund?,Within a week.\n",
    "documents.ndjson": '{"id": "quay", "title": "Quay", "text": "The quay is closed."}\n',
    "unrelated.ndjson": '{"question": "Who is the lion in Narnia?"}\n',
    "scifact/corpus.jsonl": '{"_id": "7", "title": "Salt", "text": "Salt lowers the freezing point of water."}\n',
    "scifact/queries.jsonl": '{"_id": "1", "text": "Does salt lower the freezing point?"}\n',
    "scifact/qrels/test.tsv": "query-id\tcorpus-id\tscore\n1\t7\t1\n",
}


def filled(folder: Path) -> Path:
    """Write the files; `samples` has the first lines of the checkout's."""
    samples, evaluation = CHECKOUT / "samples", CHECKOUT / "samples" / "evaluation"
    written = FILES | {
        "samples/metro-areas.ndjson": (samples / "metro-areas.ndjson").read_text(),
        "samples/evaluation/documents.ndjson": _of_topic(evaluation / "documents.ndjson", "id"),
        "samples/evaluation/questions.ndjson": _of_topic(evaluation / "questions.ndjson", "question"),
        "samples/evaluation/unrelated.ndjson": "".join(_lines(evaluation / "unrelated.ndjson")[:3]),
    }
    for name, text in {**written, "questions.ndjson": written["samples/evaluation/questions.ndjson"]}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "leave.pdf").write_bytes(pdf("Everybody has 30 days of leave."))
    return folder


def _of_topic(file: Path, key: str) -> str:
    return "".join(line for line in _lines(file) if TOPICS in json.loads(line)[key])


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines(keepends=True)


def made_on_aws() -> dict[str, str]:
    """A bucket and two queues; returns what the documents' placeholders of outputs stand for."""
    s3: Any = boto3.client("s3")
    sqs: Any = boto3.client("sqs")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="articles/tide.md", Body=b"# Tide\n\nThe tide is high at noon.\n")
    dead, live = (_queue(sqs, f"reader-{name}") for name in ("dead", "live"))
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=_url(sqs, live), Attributes={"RedrivePolicy": policy})
    batch, drop = f"s3://{BUCKET}/batch/", f"s3://{BUCKET}/documents/"
    return {"<BatchInput>": batch, "<DropFolder>": drop, "<DropDeadLettersArn>": dead, "<DropQueueArn>": live}


def removed_from_aws(arns: Iterable[str]) -> None:
    """Remove what `made_on_aws` made."""
    s3: Any = boto3.client("s3")
    sqs: Any = boto3.client("sqs")
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    s3.delete_bucket(Bucket=BUCKET)
    for arn in arns:
        if arn.startswith("arn:aws:sqs:"):
            sqs.delete_queue(QueueUrl=_url(sqs, arn))


def _queue(sqs: Any, name: str) -> str:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def _url(sqs: Any, arn: str) -> str:
    return str(sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"])
