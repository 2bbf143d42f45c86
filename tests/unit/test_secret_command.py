"""`osml secret set`: where the key comes from, and that it is not shown; and questions without a terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from osml import main as command_line
from osml.commands import secret as command
from osml.deploy import secret
from osml.place import Place

HUSH = "sk-not-to-be-seen"
LOCAL = SimpleNamespace(environment="dev", deepseek_key=SimpleNamespace(read_text=lambda: "local-key\n"))
Run = Callable[..., tuple[int, str]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stored keys."""
    keys: list[str] = []
    monkeypatch.setattr(secret, "put", lambda name, key, value, *_, **__: keys.append(value))
    monkeypatch.setattr(
        command,
        "place",
        lambda env, sandbox: Place("dev", LOCAL if sandbox else None),  # type: ignore[arg-type]
    )
    return keys


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def osml(*words: str, given: io.StringIO) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["osml", *words])
        monkeypatch.setattr("sys.stdin", given)
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out + captured.err

    return osml


@pytest.mark.parametrize("where", ["--env=dev", "--sandbox"])
@pytest.mark.parametrize("option", [(), ("--from-file", "-")], ids=["pipe", "file"])
def test_a_key_on_a_pipe_is_stored_and_not_shown(
    stored: list[str], run: Run, where: str, option: tuple[str, ...]
) -> None:
    code, said = run("secret", "set", where, *option, given=io.StringIO(f"{HUSH}\n"))
    assert (code, stored) == (0, [HUSH]), said
    assert HUSH not in said


def test_a_key_is_read_from_a_file_whatever_is_on_the_pipe(stored: list[str], run: Run, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{HUSH}\n")
    code, said = run("secret", "set", "--sandbox", "--from-file", str(tmp_path / "key"), given=io.StringIO("other"))
    assert (code, stored, HUSH in said) == (0, [HUSH], False)


@pytest.mark.parametrize("given", [io.StringIO, Terminal])
def test_without_a_key_the_local_cloud_gets_that_of_its_endpoints_and_says_so(
    stored: list[str], run: Run, given: type[io.StringIO]
) -> None:
    code, said = run("secret", "set", "--sandbox", given=given())
    assert (code, stored) == (0, ["local-key"])
    assert "The key is that of the local endpoints." in said
    assert "local-key" not in said


@pytest.mark.parametrize("words", [("--env", "dev"), ("--sandbox", "--from-file", "-")])
def test_an_empty_pipe_stores_nothing(stored: list[str], run: Run, words: tuple[str, ...]) -> None:
    code, said = run("secret", "set", *words, given=io.StringIO("\n"))
    assert (code, stored) == (1, [])
    assert "The key is empty. Nothing was stored." in said


def test_a_model_without_a_key_is_refused_with_those_that_have_one(stored: list[str], run: Run) -> None:
    code, said = run("secret", "set", "--env", "dev", "--of", "embedding", given=io.StringIO(HUSH))
    assert (code, stored) == (1, [])
    assert "'embedding' is not a model with a key. Add --of answer." in said


def test_a_deploy_stores_the_local_key_and_reads_no_pipe(stored: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret, "holds", lambda *_: False)
    monkeypatch.setattr("osml.deploy.deployment.Deployment.deploy", lambda *_: None)
    pipe = io.StringIO(HUSH)
    monkeypatch.setattr("sys.stdin", pipe)
    command.store_local(Place("dev", LOCAL))  # type: ignore[arg-type]
    assert (stored, pipe.tell()) == (["local-key"], 0)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "This command needs a confirmation, and there is no terminal. Add --yes."), ("n\n", "Aborted.")],
)
def test_a_question_that_nobody_can_answer_names_the_option(
    run: Run, monkeypatch: pytest.MonkeyPatch, typed: str, sentence: str
) -> None:
    monkeypatch.setattr("osml.deploy.destination.destination", lambda _: "the account 111122223333")
    code, said = run("destroy", "--env", "dev", given=io.StringIO(typed))
    assert (code, sentence in said) == (1, True), said
