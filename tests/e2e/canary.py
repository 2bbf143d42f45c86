"""Canaries: random values in the places of secrets, and a search for them in everything that is written."""

from __future__ import annotations

import base64
import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import boto3

# Shorter than the life of a process that gets a command line or an environment.
_PAUSE = 0.1


@dataclass
class Canaries:
    """The secrets of one test, by their descriptions: `{"the first key": "…"}`."""

    values: dict[str, str] = field(default_factory=dict)

    def plant(self, what: str) -> str:
        """Make a secret from letters, digits and characters that URLs and JSON escape, like a generated password."""
        self.values[what] = f'Ca9+/{secrets.token_hex(10)}="é'
        return self.values[what]

    def heard(self, written: bytes) -> list[str]:
        """The secrets that `written` contains, as they are, in base64, percent-encoded or inside JSON."""
        return [what for what, value in self.values.items() if any(form in written for form in _forms(value))]


@cache
def _forms(value: str) -> set[bytes]:
    escaped = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    escaped |= {json.dumps(item)[1:-1] for item in escaped}
    escaped |= {quote(value), quote(value, safe=""), quote_plus(value), repr(value)[1:-1]}
    spellings = {item.encode() for item in escaped} | {value.encode("latin-1")}
    for raw in (value.encode(), value.encode("latin-1")):
        for shift in range(3):
            # The characters at both ends depend on the text around the value.
            inner = base64.b64encode(b"x" * shift + raw)[4:-4].rstrip(b"=")
            spellings |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return spellings


@contextmanager
def watched(canaries: Canaries, holders: set[int]) -> Iterator[list[str]]:
    """Search the command line and the environment of every process until the block ends; yields what was found where.

    `holders` are processes that may have the secrets in their environment, such as the test's own.
    """
    heard: list[str] = []
    done = threading.Event()

    def watch() -> None:
        known: dict[str, bytes] = {}
        while not done.wait(_PAUSE):
            now = {path.name: _bytes(path / "cmdline") for path in Path("/proc").iterdir() if path.name.isdecimal()}
            for process in [item for item in now if known.get(item) != now[item] and int(item) not in holders]:
                for part in ("cmdline", "environ"):
                    heard_here = canaries.heard(_bytes(Path("/proc", process, part)))
                    heard.extend(f"{process} {part}: {item}" for item in heard_here)
            known = now

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        done.set()
        thread.join()


def files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below the folders, with its name."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield str(path), _bytes(path)


def indexes(engine: Any) -> Iterator[tuple[str, bytes]]:
    """Every document of every index of the engine, including hidden indexes and those of plugins."""
    engine("POST", "/_refresh?expand_wildcards=all")
    for item in engine("GET", "/_cat/indices?format=json&expand_wildcards=all"):
        answer = engine("POST", f"/{item['index']}/_search?size=10000")
        assert answer["hits"]["total"]["value"] <= 10_000
        yield f"index {item['index']}", json.dumps(answer).encode()
    for path in ("/_cluster/state", "/_cluster/settings", "/_ingest/pipeline", "/_search/pipeline"):
        yield path, json.dumps(engine("GET", path)).encode()


def account(stacks: str) -> Iterator[tuple[str, bytes]]:
    """What AWS stores: stacks whose names begin with `stacks`, logs, parameters, rules, tables, functions, objects."""
    cloud = boto3.client("cloudformation")
    names = [stack["StackName"] for stack in cloud.describe_stacks()["Stacks"] if stack["StackName"].startswith(stacks)]
    for name in names:
        yield f"stack {name}", _json(cloud.describe_stacks(StackName=name))
        yield f"events of {name}", _json(cloud.describe_stack_events(StackName=name))
        yield f"resources of {name}", _json(cloud.list_stack_resources(StackName=name))
        yield f"template of {name}", _json(cloud.get_template(StackName=name))
    logs = boto3.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        yield f"log {group['logGroupName']}", _json(logs.filter_log_events(logGroupName=group["logGroupName"]))
    parameters = boto3.client("ssm").get_parameters_by_path(Path="/", Recursive=True)
    yield "SSM", _json(parameters)
    events = boto3.client("events")
    for rule in events.list_rules()["Rules"]:
        yield f"rule {rule['Name']}", _json([rule, events.list_targets_by_rule(Rule=rule["Name"])])
    tables = boto3.client("dynamodb")
    for table in tables.list_tables()["TableNames"]:
        yield f"table {table}", _json(tables.scan(TableName=table))
    functions = boto3.client("lambda")
    for function in functions.list_functions()["Functions"]:
        yield f"function {function['FunctionName']}", _json(function)
    buckets = boto3.client("s3")
    for bucket in buckets.list_buckets()["Buckets"]:
        for object in buckets.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
            if re.search(r"\.(json|ya?ml|txt)$", object["Key"]):
                body = buckets.get_object(Bucket=bucket["Name"], Key=object["Key"])["Body"].read()
                yield f"object {bucket['Name']}/{object['Key']}", body


def heard_in(canaries: Canaries, *sources: Iterator[tuple[str, bytes]]) -> set[str]:
    """The places with a secret, each with the secret: `{"index .plugins-ml-model: the first key"}`."""
    return {f"{where}: {what}" for source in sources for where, text in source for what in canaries.heard(text)}


def _json(value: Any) -> bytes:
    return json.dumps(value, default=str).encode()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # deleted meanwhile, or a socket
        return b""
