"""The cloud's virtual environment is made once, completely or not at all."""

from pathlib import Path

import pytest

from sandbox.cloud_venv import cloud_python
from sandbox.failure import SandboxError


@pytest.fixture(autouse=True)
def _no_chosen_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OSML_CLOUD_PYTHON", raising=False)


def requirements(folder: Path, text: str) -> Path:
    path = folder / "requirements.txt"
    path.write_text(text)
    return path


def test_is_made_once_per_requirements(tmp_path: Path) -> None:
    messages: list[str] = []
    first = cloud_python(tmp_path / "cache", messages.append, requirements(tmp_path, "# nothing\n"))
    again = cloud_python(tmp_path / "cache", messages.append, requirements(tmp_path, "# nothing\n"))
    assert first == again
    assert first.exists()
    assert first.parent.parent.name.startswith("cloud-")
    assert len(messages) == 1


def test_a_failed_installation_leaves_nothing(tmp_path: Path) -> None:
    bare = requirements(tmp_path, "boto3==1.44.5\n")
    with pytest.raises(SandboxError, match="uv pip ended with") as failure:
        cloud_python(tmp_path / "cache", lambda _: None, bare)
    assert "hash" in str(failure.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_chosen_interpreter_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSML_CLOUD_PYTHON", "/opt/cloud/bin/python")
    assert cloud_python(tmp_path, lambda _: None) == Path("/opt/cloud/bin/python")
    assert list(tmp_path.iterdir()) == []
