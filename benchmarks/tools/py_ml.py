"""The classes of opensearch-py-ml, in their own process and virtual environment: they need other package versions."""

import contextlib
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.engine import ROLE_HEADERS, BenchmarkEngine
from benchmarks.reference_set import ANSWER_PROBE, EMBEDDING_PROBE, ReferenceSet
from benchmarks.tools.tool import Unable
from sandbox.cache import appearing, cache_directory

REQUIRED = ("opensearch-py-ml==1.3.0", "opensearch-py==3.2.0", "boto3==1.44.5", "urllib3<3")
PEER = Path(__file__).with_name("py_ml_peer.py")
UV = Path(sys.executable).with_name("uv")


class PyMl:
    """A tool that can only create and remove; its user must know what exists and whether it has changed."""

    def __init__(self, process: "subprocess.Popen[str]", engine: BenchmarkEngine) -> None:
        self.name = "opensearch-py-ml"
        self._process = process
        self._made: dict[str, Any] = {}
        self._ask("begin", url=engine.url, ca=engine.ca, headers=ROLE_HEADERS)

    @property
    def requests(self) -> int:
        return int(self._ask("requests"))

    def create(self, wanted: ReferenceSet) -> None:
        names = {role: f"{wanted.name}-{role}" for role in ("embedding", "answer")}
        models = {role: {"function_name": "remote", "name": name} for role, name in names.items()}
        made = self._ask(
            "create",
            name=wanted.name,
            connectors={"embedding": wanted.embedding_connector(), "answer": wanted.answer_connector()},
            models=models,
            probes={"embedding": EMBEDDING_PROBE, "answer": ANSWER_PROBE},
        )
        self._made[wanted.name] = made
        embedding, answer = made["embedding model"], made["answer model"]
        ingest, search = wanted.ingest_pipeline(embedding), wanted.search_pipeline(embedding, answer)
        self._ask("finish", name=wanted.name, ingest=ingest, search=search, index=wanted.index())

    def again(self, wanted: ReferenceSet) -> None:
        raise Unable(f"opensearch-py-ml cannot tell whether {wanted.name} is as wanted")

    def change(self, wanted: ReferenceSet) -> None:
        raise Unable(f"opensearch-py-ml cannot change a connector of {wanted.name}")

    def remove(self, wanted: ReferenceSet) -> None:
        self._ask("remove", name=wanted.name, made=self._made.pop(wanted.name))

    def _ask(self, verb: str, **arguments: Any) -> Any:
        assert self._process.stdin  # noqa: S101 for the type checker: it was opened with pipes
        assert self._process.stdout  # noqa: S101
        self._process.stdin.write(json.dumps([verb, arguments]) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise Unable(f"opensearch-py-ml, asked to {verb}: {answer['error']}")
        return answer["answer"]


@contextlib.contextmanager
def py_ml(engine: BenchmarkEngine) -> Iterator[PyMl]:
    """Run the tool's process and yield the tool."""
    command = [str(_environment() / "bin" / "python"), str(PEER)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield PyMl(process, engine)
        finally:
            process.terminate()


def _environment() -> Path:
    """The folder of the virtual environment in the cache, created if it does not exist; it must not be moved."""
    key = hashlib.sha256(" ".join([sys.version, *REQUIRED]).encode()).hexdigest()[:12]
    folder = cache_directory() / f"py-ml-{key}"
    if not folder.is_dir():
        with appearing(folder) as fresh:
            subprocess.run([str(UV), "venv", "-q", "--relocatable", "--python", sys.executable, str(fresh)], check=True)
            install = [str(UV), "pip", "install", "-q", "--python", str(fresh / "bin" / "python"), *REQUIRED]
            subprocess.run(install, check=True)
    return folder
