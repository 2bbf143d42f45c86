"""How much longer the first call of each function takes than the next one, and how large each function is.

The difference contains the start of Python, imports, objects that are created once in a process, and the first
connections. Processor time is reliable even while other work runs, clock time only on an idle machine. The local cloud
unpacks an asset for the first process of a function, which is one of the seven.

The functions are compared with two handlers of two lines. MiniStack's own worker imports botocore before any handler,
which Amazon's runtime does not do; *bare* runs in this worker, and *lean* starts without it. Arguments name the
environments, a domain and a collection unless given. Takes about four minutes for each.
"""

import io
import json
import re
import statistics
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import psutil

from benchmarks.deployment import QUESTION, deployed
from trials.report import publish

ROUNDS = 7
BASES = tuple(sys.argv[1:]) or ("sandbox", "sandbox-aoss")
# A wrapper that runs the runtime's own command. With a wrapper the local cloud starts its own version of Amazon's
# runtime, which uses only the standard library.
WRAPPER = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/start"}
BARE: Mapping[str, Mapping[str, str]] = {"bare": {}, "lean": WRAPPER}
FILES = {
    "bare.py": "def handler(event, context):\n    return {'statusCode': 200}\n",
    "start": '#!/bin/sh\nexec "$@"\n',
}
COLUMNS = (
    *("environment", "function", "zip", "first call", "spread", "next call", "between them", "over bare"),
    *("processor", "spread", "over bare", "over lean"),
)


def _request(method: str, path: str, body: Any = None, accept: str = "application/json") -> dict[str, Any]:
    """The event of a request from a signed-in caller, as API Gateway passes it to a function."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json", "Accept": accept},
        "requestContext": {"requestId": "cold", "path": path, "identity": {"apiKeyId": "bench"}},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
        "buffered": True,
    }


_SEARCH = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "search", "arguments": {"question": QUESTION}},
}
# A word in the name of each function, with an ordinary call of it. An environment may not have all of them.
CALLS: Mapping[str, dict[str, Any]] = {
    **{kind: {} for kind in BARE},
    "Ask": _request("POST", "/ask", {"question": QUESTION}),
    "Documents": _request("GET", "/documents"),
    "Tools": _request("POST", "/mcp", _SEARCH, accept="application/json, text/event-stream"),
    "Keeper": {},
}


@dataclass
class Times:
    """Seconds of a function's `first` calls and of the calls right `after` them, and `worked`, in processor time.

    `worked` is the processor time of a first call without that of the call after it.
    """

    name: str
    event: dict[str, Any]
    first: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)

    def start(self) -> float:
        """The milliseconds that only the first call takes, by the clock."""
        return (statistics.median(self.first) - statistics.median(self.after)) * 1000

    def work(self) -> float:
        """The milliseconds of processor time that only the first call takes."""
        return statistics.median(self.worked) * 1000


def main() -> None:
    """Measure and publish."""
    rows: list[list[str]] = []
    for base in BASES:
        with deployed(base, assistant={"agents": {}}) as stack, ExitStack() as made:
            client = boto3.client("lambda")
            names = [function["FunctionName"] for function in client.list_functions()["Functions"]]
            for kind, variables in BARE.items():
                made.enter_context(_bare(client, kind, variables, names[0]))
            functions = {part: Times(name, CALLS[part]) for part, name in _named(names, stack.place.env)}
            for _ in range(ROUNDS):
                for function in functions.values():
                    _measure(client, function)
            rows += [
                [base, part.lower(), *_figures(client, function, functions, part)]
                for part, function in functions.items()
            ]
    publish("functions", COLUMNS, rows)


def _named(names: list[str], environment: str) -> Iterator[tuple[str, str]]:
    for kind in BARE:
        yield kind, _name(kind)
    for part in CALLS:
        yield from ((part, name) for name in names if re.match(f"osml-{environment}-[a-z]+-{part}Function", name))


def _measure(client: Any, function: Times) -> None:
    # A change of the variables ends the running processes; a change of the description does not.
    variables = client.get_function_configuration(FunctionName=function.name).get("Environment", {}).get("Variables")
    changed = {**(variables or {}), "COLD": str(time.monotonic_ns())}
    client.update_function_configuration(FunctionName=function.name, Environment={"Variables": changed})
    worked = [0.0]
    for seconds in (function.first, function.after):
        start = time.perf_counter()
        answer = client.invoke(FunctionName=function.name, Payload=json.dumps(function.event))
        seconds.append(time.perf_counter() - start)
        body = json.loads(answer["Payload"].read())
        if "FunctionError" in answer or (body is not None and body["statusCode"] != 200):
            raise SystemExit(f"{function.name} answered {body} to {function.event}.")
        worked.append(_processor_seconds(changed["COLD"]))
    first, both = worked[1:]
    function.worked.append(first - (both - first))


def _processor_seconds(mark: str) -> float:
    """The processor time of the process whose `COLD` is `mark`, half a second after its answer.

    In that time the process finishes the work that it does after an answer.
    """
    time.sleep(0.5)
    for process in psutil.process_iter():
        try:
            if process.environ().get("COLD") == mark:
                return time.clock_gettime(_processor_clock(process.pid))
        except psutil.Error:
            continue
    raise SystemExit("The process of a function has ended before it was measured.")


def _processor_clock(pid: int) -> int:
    """Linux' clock of the processor time of a process, in nanoseconds; /proc and psutil count ticks of 10 ms.

    It is what clock_getcpuclockid returns, which Python does not have.
    """
    return ~pid << 3 | 2


def _figures(client: Any, function: Times, functions: Mapping[str, Times], part: str) -> list[str]:
    size = client.get_function(FunctionName=function.name)["Configuration"]["CodeSize"]
    first, after = (statistics.median(times) * 1000 for times in (function.first, function.after))
    bare, lean = functions["bare"], functions["lean"]
    # The time of the imports that MiniStack's worker does before the handler; `ask` and `lean` have no such worker.
    beforehand = 0.0 if part in ("Ask", "lean") else bare.work() - lean.work()
    return [
        f"{size / 1000:.0f} KB",
        f"{first:.0f} ms",
        f"{min(function.first) * 1000:.0f}-{max(function.first) * 1000:.0f}",
        f"{after:.0f} ms",
        f"{function.start():.0f} ms",
        f"{function.start() / bare.start():.1f}",
        f"{function.work():.0f} ms",
        f"{min(function.worked) * 1000:.0f}-{max(function.worked) * 1000:.0f}",
        f"{function.work() / bare.work():.1f}",
        f"{(function.work() - beforehand) / lean.work():.1f}",
    ]


def _name(kind: str) -> str:
    return f"osml-bench-{kind}"


@contextmanager
def _bare(client: Any, kind: str, variables: Mapping[str, str], other: str) -> Iterator[None]:
    """A function with a handler of two lines and the role of the function `other`; it is removed after the block."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in FILES.items():
            file = zipfile.ZipInfo(name)
            file.external_attr = 0o755 << 16
            archive.writestr(file, text)
    client.create_function(
        FunctionName=_name(kind),
        Runtime="python3.13",
        Handler="bare.handler",
        Role=client.get_function_configuration(FunctionName=other)["Role"],
        Code={"ZipFile": buffer.getvalue()},
        Environment={"Variables": dict(variables)},
    )
    try:
        yield
    finally:
        client.delete_function(FunctionName=_name(kind))


if __name__ == "__main__":
    main()
