"""Which OpenSearch the local cloud has for an environment, and the message when it has another one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from osml.commands import sandbox as sandbox_commands
from osml.place import Place
from sandbox import launcher
from sandbox.failure import SandboxError
from sandbox.instance import Instance, StartedEngine
from sandbox.progress import Lines

SETTINGS = """
recipe: semantic-search
search: {{kind: domain, engine_version: {version}, vector_engine: lucene, removal: destroy,
  data_nodes: {{instance_type: t3.medium.search, count: 1}}, volume: {{size: 10}}}}
embedding: {{provider: titan, dimension: 1024}}
"""


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    monkeypatch.setenv("OSML_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    for name, version in (("old", "OpenSearch_2.17"), ("new", "OpenSearch_3.3")):
        (tmp_path / f"{name}.yaml").write_text(SETTINGS.format(version=version))
    started = Instance.named()
    started.ports()
    started.remember_engine(StartedEngine("3.6.0", has_ml=True))
    return started


def test_up_asks_for_the_version_of_the_environment(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    versions: list[str | None] = []
    monkeypatch.setattr(launcher, "up", lambda instance, progress, version, discard: versions.append(version))
    for arguments in (["up", "--env", "old"], ["up"]):
        result = CliRunner().invoke(sandbox_commands.app, arguments, catch_exceptions=False)
        assert result.exit_code == 0
    assert versions == ["OpenSearch_2.17", None]


def test_a_deploy_says_when_the_local_cloud_has_another_line(instance: Instance) -> None:
    assert sandbox_commands.other_line(Place("new", instance)) is None
    assert sandbox_commands.other_line(Place("old", None)) is None
    said = sandbox_commands.other_line(Place("old", instance))
    assert said is not None
    assert "3.6.0" in said
    assert "OpenSearch_2.17" in said
    assert "osml sandbox up --env old" in said


def test_a_running_local_cloud_of_another_line_is_not_taken_for_the_one_asked_for(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "running", lambda instance: True)
    with pytest.raises(SandboxError, match=r"runs OpenSearch 3\.6\.0.*2\.19\.1.*osml sandbox down"):
        launcher.up(instance, Lines(print), "OpenSearch_2.17")
