"""The cloud's settings file, and the environment that functions inherit."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud.environment import cloud_environment
from sandbox.cloud.settings import CloudSettings
from sandbox.failure import SandboxError


def written(folder: Path, **changes: Any) -> Path:
    """A settings file whose PEM files exist; `None` removes an entry."""
    pem = folder / "any.pem"
    pem.touch()
    files = dict.fromkeys(("ca", "ca_bundle", "admin_cert", "admin_key", "server_cert", "server_key"), str(pem))
    given = {
        "home": str(folder / "home"),
        "region": "us-east-1",
        "aws_port": 1,
        "egress_port": 2,
        "models_url": "http://127.0.0.1:3",
        "engine_url": "https://127.0.0.1:4",
        **files,
        "domain_ports": [5, 6],
        "young_role_seconds": 0,
        "existing_endpoints": {},
        **changes,
    }
    path = folder / "cloud.json"
    path.write_text(json.dumps({name: value for name, value in given.items() if value is not None}))
    return path


def test_reads_what_the_launcher_writes(tmp_path: Path) -> None:
    settings = CloudSettings.read(written(tmp_path, front_cert="ignored"))
    assert settings.home == tmp_path / "home"
    assert settings.domain_ports == (5, 6)


def test_functions_have_an_egress_proxy_where_one_is_described(tmp_path: Path) -> None:
    without = CloudSettings.read(written(tmp_path))
    assert (without.egress_proxy_port, without.native_packages) == (None, None)
    assert "HTTPS_PROXY" not in cloud_environment(without, {"HTTPS_PROXY": "http://developers"})
    settings = CloudSettings.read(written(tmp_path, egress_proxy_port=7, native_packages="/packages"))
    inner = cloud_environment(settings, {})
    assert settings.native_packages == Path("/packages")
    assert inner["HTTPS_PROXY"] == inner["https_proxy"] == "http://127.0.0.1:7"
    assert inner["NO_PROXY"] == inner["no_proxy"] == "127.0.0.1,localhost"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"aws_port": None, "region": None}, "lack aws_port, region"),
        ({"server_key": "/nowhere/key.pem"}, "/nowhere/key.pem as server_key: there is no such file"),
    ],
)
def test_names_what_is_wrong(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(SandboxError, match=sentence):
        CloudSettings.read(path)


def test_file_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"nothing\.json cannot be read"):
        CloudSettings.read(tmp_path / "nothing.json")


def test_functions_inherit_no_key_and_no_path_of_the_developer(tmp_path: Path) -> None:
    settings = CloudSettings.read(written(tmp_path))
    outer = {"PATH": "/bin", "PYTHONPATH": "/checkout", "AWS_PROFILE": "prod", "DEEPSEEK_API_KEY": "sk-1", "HOME": "/h"}
    inner = cloud_environment(settings, outer)
    assert inner["PATH"] == "/bin"
    assert not {"PYTHONPATH", "AWS_PROFILE", "DEEPSEEK_API_KEY"} & inner.keys()
    assert {inner["STATE_DIR"], inner["S3_DATA_DIR"]} == {
        str(tmp_path / "home" / "state"),
        str(tmp_path / "home" / "s3"),
    }
    assert inner["HOME"] == inner["TMPDIR"] == str(tmp_path / "home" / "tmp")
    bundle = str(settings.ca_bundle)
    assert [inner[name] for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")] == [bundle] * 3
    assert inner["AWS_ENDPOINT_URL"] == "https://127.0.0.1:1"
