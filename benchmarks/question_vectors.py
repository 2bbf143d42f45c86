"""How much time a cache of questions' vectors could save on a collection, where the function embeds.

It compares the time to embed with the time to read a table, as shares of an answer's time. The answer's model writes
its first word after 0.3 s. Takes about three minutes.
"""

import time

import boto3
import numpy as np
import requests

from benchmarks.deployment import QUESTION, Deployed, deployed
from benchmarks.quick_model import WritingPace
from trials.report import publish

PACE = WritingPace(words=1, first=0.3)
CALLS = 40
TIMES = ("embed_ms", "search_ms", "total_ms")
COLUMNS = ("questions", "embedding", "a read of a table", "search", "answer", "a hit saves", "a miss adds")


def main() -> None:
    """Measure and publish."""
    with deployed("sandbox-aoss", model=PACE) as stack:
        publish("question-vectors", COLUMNS, [measured(stack)])


def measured(stack: Deployed) -> list[str]:
    """The row of the table: medians, and their shares of an answer's time."""
    session, timings, reads = requests.Session(), list[dict[str, int]](), list[float]()
    session.headers["x-api-key"] = stack.key
    tables = boto3.client("dynamodb")
    (table,) = (name for name in tables.list_tables()["TableNames"] if "onversation" in name)
    for number in range(-3, CALLS):
        # With the number in front, each question is different.
        answer = session.post(f"{stack.url}/ask", json={"question": f"{number}: {QUESTION}"}, timeout=120)
        answer.raise_for_status()
        began = time.perf_counter()
        tables.get_item(TableName=table, Key={"id": {"S": f"none-{number}"}}, ConsistentRead=True)
        if number >= 0:  # the first ones start processes and connections
            reads.append((time.perf_counter() - began) * 1000)
            timings.append(answer.json()["timings"])
    embed, search, total = (float(np.median([each[name] for each in timings])) for name in TIMES)
    read = float(np.median(reads))
    shown = [f"{milliseconds:.0f} ms" for milliseconds in (embed, read, search, total)]
    return [str(CALLS), *shown, f"{(embed - read) / total:.1%}", f"{read / total:.1%}"]


if __name__ == "__main__":
    main()
