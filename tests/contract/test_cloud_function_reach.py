"""What functions can use on this machine: native packages built for it, and model hosts behind their egress proxy."""

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.cache import cache_directory
from sandbox.certificates import Certificates
from sandbox.cloud_venv import cloud_python
from sandbox.free_ports import free_ports
from sandbox.installer import install
from sandbox.instance import CHECKOUT
from sandbox.native_packages import native_packages
from tests.contract.cloud_process import Cloud, running
from tests.contract.streaming_function import asset, client, create, streaming_asset
from tests.waiting import until

REQUIREMENTS = CHECKOUT / "lambda" / "sync" / "requirements.txt"
SEES = """
import importlib
def handler(event, context):
    found = {}
    for name in event["names"]:
        try:
            found[name] = importlib.import_module(name).__file__.rpartition("/")[2]
        except ImportError as reason:
            found[name] = "missing"
    return found
"""
TRACE = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']\n"
PLAIN: dict[str, Any] = {"Environment": {"Variables": {}}}


class Models(BaseHTTPRequestHandler):
    """Model endpoints that answer in three pieces: the next one after the file `<gate><number>` of the one before."""

    gate = ""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        first = json.dumps([self.path, self.headers["X-Probe"], body.decode()]).encode()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, piece in enumerate((first, b" two", b" three"), start=1):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            until("the reader", Path(f"{self.gate}{number}").exists)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("cloud")
    models = ThreadingHTTPServer(("127.0.0.1", 0), Models)
    threading.Thread(target=models.serve_forever, daemon=True).start()
    certificates = Certificates(folder / "tls")
    certificates.make()
    cache = cache_directory()
    changes: dict[str, Any] = {
        "models_url": f"http://127.0.0.1:{models.server_address[1]}",
        "native_packages": str(native_packages(cache, cloud_python(cache, print), print)),
        "egress_proxy_port": free_ports(1)[0],
        "model_cert": str(certificates.certificate("models")),
        "model_key": str(certificates.key("models")),
    }
    with running(folder, **changes) as process:
        yield process
    models.shutdown()
    models.server_close()


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | bytes]:
    """Files of a function's locked dependencies, as in an asset for arm64 and Python 3.13."""
    target = tmp_path_factory.mktemp("arm64")
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", str(target)]
    options += ["--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.13"]
    install("An asset", "pip", "install", "--quiet", *options, "-r", str(REQUIREMENTS))
    files = {path.relative_to(target).as_posix(): path for path in target.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if "__pycache__" not in name}


def call(cloud: Cloud, name: str, **event: Any) -> Any:
    answer = client(cloud, "lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())


def test_asset_for_arm64_runs_here(cloud: Cloud, packages: dict[str, str | bytes]) -> None:
    assert any(name.endswith("cpython-313-aarch64-linux-gnu.so") for name in packages)
    names = ["pydantic_core._pydantic_core", "charset_normalizer.md", "pydantic", "aws_lambda_powertools"]
    code = asset({"index.py": SEES, **packages})
    create(cloud, "native", code, **PLAIN)
    response = call(cloud, "native", names=names)
    assert response["pydantic"] == "__init__.py"
    assert "missing" not in response.values()
    assert response["pydantic_core._pydantic_core"].startswith("_pydantic_core.cpython-")
    assert "aarch64" not in response["charset_normalizer.md"]


def test_every_call_has_a_trace(cloud: Cloud) -> None:
    known = r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0"
    create(cloud, "traced", asset({"index.py": TRACE}), **PLAIN)
    create(cloud, "traced-wrapped", streaming_asset())
    traces = [call(cloud, "traced"), call(cloud, "traced"), call(cloud, "traced-wrapped", do="about")["trace"]]
    assert all(re.fullmatch(known, trace) for trace in traces), traces
    assert len(set(traces)) == 3


def test_package_that_is_missing_from_the_asset_is_missing_here(cloud: Cloud, packages: dict[str, str | bytes]) -> None:
    kept = {name: content for name, content in packages.items() if name.startswith("pydantic_core")}
    create(cloud, "lacking", asset({"index.py": SEES, **kept}), **PLAIN)
    origins = call(cloud, "lacking", names=["charset_normalizer", "pydantic", "typing_extensions"])
    assert set(origins.values()) == {"missing"}


@pytest.mark.parametrize("wrapped", [True, False])
def test_native_package_without_a_build_for_this_machine(cloud: Cloud, wrapped: bool) -> None:
    buffer = io.BytesIO(streaming_asset())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("frost-9.9.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_17_aarch64\n")
        archive.writestr("index.py", SEES)
    create(cloud, f"frost-{wrapped}", buffer.getvalue(), **({} if wrapped else PLAIN))
    said = call(cloud, f"frost-{wrapped}", names=[], do="about")["errorMessage"]
    assert "frost 9.9 for another machine" in said
    assert "pin that version with its hashes in a requirements.txt" in said


def test_model_host_is_reached_and_its_answer_streams(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(cloud, "calls", streaming_asset())
    gate = str(tmp_path / "gate")
    monkeypatch.setattr(Models, "gate", gate)
    answer = call(cloud, "calls", do="call", url="https://api.deepseek.com/v1/chat/completions", gate=gate)
    assert answer["status"] == 200
    first, second, third = answer["heard"]
    assert json.loads(first) == ["/_aws/api.deepseek.com/v1/chat/completions", "1", '{"n": 1}']
    assert (second, third) == (" two", " three")


def test_no_other_host_is_reached(cloud: Cloud) -> None:
    create(cloud, "out", streaming_asset())
    answer = call(cloud, "out", do="call", url="https://api.openai.com:8443/v1")
    assert "403" in answer["failed"]
    assert "reach api.deepseek.com and api.openai.com and nothing else outside" in answer["failed"]


def test_aws_is_reached_without_the_egress_proxy(cloud: Cloud) -> None:
    create(cloud, "aws", streaming_asset())
    about = call(cloud, "aws", do="about")
    assert about["HTTPS_PROXY"].startswith("http://127.0.0.1:")
    assert about["who"].endswith(":assumed-role/streaming/aws")


def test_egress_proxy_ends_with_the_cloud(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "tls")
    certificates.make()
    changes: dict[str, Any] = {
        "egress_proxy_port": free_ports(1)[0],
        "model_cert": str(certificates.certificate("models")),
        "model_key": str(certificates.key("models")),
    }
    with running(tmp_path, **changes) as cloud:
        create(cloud, "calls", streaming_asset())
        said = call(cloud, "calls", do="call", url="https://api.openai.com/v1")["failed"]
        assert "502: The model server http://127.0.0.1:1 did not answer" in said
    assert cloud.process.returncode == 0
