"""How long the first call of each function takes against a bare handler's, and how large each function is."""

import io
import json
import statistics
import time
import zipfile
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from benchmarks.deployment import deployed

ROUNDS = 5
BARE = "osml-bench-bare"
SOURCE = "def handler(event, context):\n    return {'statusCode': 200}\n"


def main() -> None:
    """Print the table."""
    with deployed("sandbox") as stack:
        client = boto3.client("lambda")
        functions = {str(f["FunctionName"]): f for f in client.list_functions()["Functions"]}
        chosen = {name: name for name in functions if name.startswith(f"osml-{stack.place.env}-")}
        role = next(iter(functions.values()))["Role"]
        client.create_function(
            FunctionName=BARE,
            Runtime="python3.13",
            Handler="bare.handler",
            Role=role,
            Code={"ZipFile": _zipped(SOURCE)},
        )
        names = [BARE, *chosen]
        seconds: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(ROUNDS):
            for name in names:
                seconds[name].append(_first_call(client, name))
        table = Table("function", "zip KB", "first call ms (median)", "spread", "× bare")
        bare = statistics.median(seconds[BARE])
        for name in names:
            size = client.get_function(FunctionName=name)["Configuration"]["CodeSize"]
            middle = statistics.median(seconds[name])
            spread = f"{min(seconds[name]) * 1000:.0f}-{max(seconds[name]) * 1000:.0f}"
            table.add_row(name, f"{size / 1000:.0f}", f"{middle * 1000:.0f}", spread, f"{middle / bare:.1f}")
    Console().print(table)


def _first_call(client: Any, name: str) -> float:
    """Seconds of a call that finds no process of the function running."""
    # Changed variables end the processes that run; a changed description does not.
    variables = client.get_function_configuration(FunctionName=name).get("Environment", {}).get("Variables", {})
    changed = {**variables, "COLD": str(time.monotonic_ns())}
    client.update_function_configuration(FunctionName=name, Environment={"Variables": changed})
    start = time.perf_counter()
    client.invoke(FunctionName=name, Payload=json.dumps({"resource": "/health", "httpMethod": "GET"}))
    return time.perf_counter() - start


def _zipped(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("bare.py", source)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
