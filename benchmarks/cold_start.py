"""How long the first call of each function takes over the one after it, and how large each function is.

Arguments name the environments; a domain and a collection unless given. Takes about two minutes each.
"""

import io
import json
import re
import statistics
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3

from benchmarks.deployment import QUESTION, deployed
from trials.report import publish

ROUNDS = 5
BASES = tuple(sys.argv[1:]) or ("sandbox", "sandbox-aoss")
BARE = "osml-bench-bare"
SOURCE = "def handler(event, context):\n    return {'statusCode': 200}\n"
COLUMNS = ("environment", "function", "zip", "first call", "spread", "next call", "between them", "over bare")


def _request(method: str, path: str, body: Any = None) -> dict[str, Any]:
    """A request as API Gateway passes it on, of somebody signed in."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json"},
        "requestContext": {"requestId": "cold", "path": path, "identity": {"apiKeyId": "bench"}},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
        "buffered": True,
    }


# Functions by a word in their names, as far as an environment has them, and an ordinary call of each.
CALLS: Mapping[str, dict[str, Any]] = {
    "bare": {},
    "Ask": _request("POST", "/ask", {"question": QUESTION}),
    "Documents": _request("GET", "/health"),
    "Page": _request("GET", "/rag"),
    "Keeper": {},
}


@dataclass
class Times:
    """Seconds of a function's first calls, and of those right after them."""

    name: str
    event: dict[str, Any]
    first: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)

    def start(self) -> float:
        """Milliseconds that only the first call takes."""
        return (statistics.median(self.first) - statistics.median(self.after)) * 1000


def main() -> None:
    """Measure and publish."""
    rows: list[list[str]] = []
    for base in BASES:
        with deployed(base) as stack:
            client = boto3.client("lambda")
            names = [function["FunctionName"] for function in client.list_functions()["Functions"]]
            with _bare(client, names[0]):
                functions = {part: Times(name, CALLS[part]) for part, name in _named(names, stack.place.env)}
                for _ in range(ROUNDS):
                    for function in functions.values():
                        _measure(client, function)
                rows += [
                    [base, part.lower(), *_figures(client, function, functions["bare"])]
                    for part, function in functions.items()
                ]
    publish("functions", COLUMNS, rows)


def _named(names: list[str], environment: str) -> Iterator[tuple[str, str]]:
    yield "bare", BARE
    for part in CALLS:
        yield from ((part, name) for name in names if re.match(f"osml-{environment}-[a-z]+-{part}Function", name))


def _measure(client: Any, function: Times) -> None:
    # Changed variables end the processes that run; a changed description does not.
    variables = client.get_function_configuration(FunctionName=function.name).get("Environment", {}).get("Variables")
    changed = {**(variables or {}), "COLD": str(time.monotonic_ns())}
    client.update_function_configuration(FunctionName=function.name, Environment={"Variables": changed})
    for seconds in (function.first, function.after):
        start = time.perf_counter()
        answer = client.invoke(FunctionName=function.name, Payload=json.dumps(function.event))
        seconds.append(time.perf_counter() - start)
        body = json.loads(answer["Payload"].read())
        if "FunctionError" in answer or (body is not None and body["statusCode"] != 200):
            raise SystemExit(f"{function.name} answered {body} to {function.event}.")


def _figures(client: Any, function: Times, bare: Times) -> list[str]:
    size = client.get_function(FunctionName=function.name)["Configuration"]["CodeSize"]
    first, after = (statistics.median(times) * 1000 for times in (function.first, function.after))
    return [
        f"{size / 1000:.0f} KB",
        f"{first:.0f} ms",
        f"{min(function.first) * 1000:.0f}-{max(function.first) * 1000:.0f}",
        f"{after:.0f} ms",
        f"{function.start():.0f} ms",
        f"{function.start() / bare.start():.1f}",
    ]


@contextmanager
def _bare(client: Any, other: str) -> Iterator[None]:
    """A handler of two lines, with the role of another function."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("bare.py", SOURCE)
    role = client.get_function_configuration(FunctionName=other)["Role"]
    code = {"ZipFile": buffer.getvalue()}
    client.create_function(FunctionName=BARE, Runtime="python3.13", Handler="bare.handler", Role=role, Code=code)
    try:
        yield
    finally:
        client.delete_function(FunctionName=BARE)


if __name__ == "__main__":
    main()
