"""The commands, requests and programs of the documents, on a deployed environment with an API key."""

import asyncio
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from mcp import Client as McpClient
from mcp import StdioServerParameters

from tests.clients import foreign
from tests.e2e import reader_folder
from tests.e2e.assistant_api import Client
from tests.e2e.conftest import OSML
from tests.e2e.reader import Reader
from tests.shown.answers import difference
from tests.shown.blocks import blocks
from tests.shown.commands import commands
from tests.shown.ways import NOT_RUN, way_of

# Commands that end with another code than 0 here, and why.
CODES = {
    # The stand-in's remark that it is a stand-in is a sentence that no document supports.
    "osml evaluate --env dev questions.ndjson --answers": 1,
    # The index has documents; tests/contract/test_initial_load.py loads an empty one.
    "osml ingest --env prod --initial-load": 1,
}
# An address of the documents, instead of which a script gets the one of `collector`.
COLLECTOR = "http://127.0.0.1:4318"
# What a reader fills in.
PLACEHOLDER = re.compile(r"<[^<>]+>")


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A collector of OpenTelemetry: its address, and the bodies that it gets."""
    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Write no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bodies
    finally:
        server.shutdown()
        server.server_close()


def failures(client: Client, folder: Path, ways: set[str]) -> list[str]:
    """What goes wrong with the commands of these ways, and how answers differ from those that the documents show."""
    aws, environment = reader_folder.made_on_aws(), client.place.env
    names = {
        **aws,
        "osml-dev-": f"osml-{environment}-",
        "--domain-name osml-sandbox": f"--domain-name osml-{environment}",
        "remove ID": "remove pump",
        f"sync --env {environment} handbook": f"sync --env {environment} site",
        # AWS CLI 1 does not read AWS_ENDPOINT_URL for this service (docs/sandbox.md).
        "aws sqs ": "aws sqs --endpoint-url $AWS_ENDPOINT_URL ",
    }
    variables = {"API": client.url, "KEY": client.key, "COLUMNS": "200"}
    reader_folder.filled(folder)
    if "command line" in ways:
        rated = client.ask("How many people live in the metro area of Miami?")
        client("PUT", f"/feedback/{rated['conversation_id']}", json={"rating": "up"}).raise_for_status()
    mine = [command for command in commands() if (way := way_of(command)) and way.name in ways]
    try:
        with collector() as (address, bodies), pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            names[COLLECTOR] = address
            reader = Reader(folder, environment, variables, names, foreign.python().parent)
            wrong = reader.follow((command for command in mine if command.text not in NOT_RUN), CODES)
    finally:
        reader_folder.removed_from_aws(aws.values())
    if any(COLLECTOR in command.text for command in mine) and b"resourceSpans" not in b"".join(bodies):
        wrong.append("The collector got no trace.")
    return [*wrong, *_differences(reader)]


def _differences(reader: Reader) -> list[str]:
    shown = [
        (block, difference(json.loads(block.text), json.loads(reader.outputs[block.after])))
        for block in blocks("json")
        if block.after and block.after in reader.outputs
    ]
    return [f"{block}: {text}" for block, text in shown if text]


def printed_by_program(client: Client) -> str:
    """What the answer of the program with OpenAI's client is."""
    given = f"api, key, id_token = {client.url!r}, {client.key!r}, 'unused'\n"
    [program] = [block for block in blocks("python") if "openai" in block.text]
    command = [str(foreign.python()), "-c", f"{given}{program.text}print(said.choices[0].message.content)"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def answers_of_engine(client: Client) -> list[Any]:
    """What the engine answers to the requests that the documents show, by the operator."""
    domain, answers = client.deployment.domain(), []
    [settings] = domain.json("GET", "/passages/_settings?flat_settings=true").values()
    before = settings["settings"]["index.default_pipeline"]
    for line in "".join(block.text for block in blocks("http")).splitlines():
        method, path, body = line.split(maxsplit=2)
        answers.append(domain.json(method, path, json=json.loads(PLACEHOLDER.sub(before, body))))
    return answers


def tools_of_agents(client: Client) -> set[str]:
    """The tools that an agent gets which reads the documents' settings file."""
    [settings] = [block.text for block in blocks("json") if "mcpServers" in block.text]
    [server] = json.loads(settings)["mcpServers"].values()
    arguments = [client.place.env if word == "prod" else word for word in server["args"]]
    command = str(OSML.with_name(server["command"]))
    program = StdioServerParameters(command=command, args=arguments, env=dict(os.environ))

    async def tools() -> set[str]:
        async with McpClient(program) as agent:
            return {tool.name for tool in (await agent.list_tools()).tools}

    return asyncio.run(tools())
