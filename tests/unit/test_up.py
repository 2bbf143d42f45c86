"""`osml up`: what it starts and deploys where, and what it says is missing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from osml import local_cloud, place
from osml.commands import deploy, sandbox, secret
from osml.commands import up as command
from osml.deploy import own_app
from osml.deploy import secret as secrets
from osml.failure import Failure
from osml.main import app

LOCAL = SimpleNamespace(environment="sandbox", deepseek_key=SimpleNamespace(read_text=lambda: "local-key\n"))


class Recorded:
    """What `osml up` does, in its order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.steps: list[Any] = []
        self.is_bootstrapped = False
        self.held: set[str] = set()
        monkeypatch.setattr(local_cloud, "require", lambda: None)
        monkeypatch.setattr(sandbox, "up", lambda env, discard: self.steps.append(("start", env)))
        monkeypatch.setattr(command, "place", lambda env, sandbox: place.Place(env or "sandbox", LOCAL))  # type: ignore[arg-type]
        monkeypatch.setattr(secret, "store_local", lambda where: self.steps.append(("keys", where.env)))
        monkeypatch.setattr(
            deploy, "deploy", lambda context, env, **_: self.steps.append(("deploy", env, *context.args))
        )
        monkeypatch.setattr(own_app, "is_bootstrapped", lambda: self.is_bootstrapped)
        monkeypatch.setattr(secrets, "holds", lambda name, _: name in self.held)
        monkeypatch.setattr(secrets, "put", lambda *given: self.steps.append(("key", *given)))
        monkeypatch.setattr(own_app, "with_node", dict)
        monkeypatch.setattr(own_app, "CHECKOUT", folder / "no-checkout")
        monkeypatch.chdir(folder)
        monkeypatch.delenv("OSML_ENV", raising=False)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Recorded:
    return Recorded(monkeypatch, tmp_path)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["up", *arguments], env={"COLUMNS": "400"})
    assert result.exception is None or isinstance(result.exception, SystemExit | Failure), result.exception
    return result.exit_code, str(result.exception) if isinstance(result.exception, Failure) else result.output


def app_in(folder: Path, *, code: int = 0, context: Any = None) -> Path:
    """Write a cdk.json, and a CDK command line that writes its words and variables to a file, and ends with `code`."""
    (folder / "cdk.json").write_text(json.dumps({"app": "python3 app.py", "context": context or {}}))
    cdk = folder / "node_modules" / ".bin" / "cdk"
    cdk.parent.mkdir(parents=True)
    cdk.write_text(f'#!/bin/sh\necho "$*|$OSML_FUNCTION_PYTHON|$PATH" >> said\nexit {code}\n')
    cdk.chmod(0o755)
    return folder / "said"


def test_in_a_checkout_it_deploys_an_environment(recorded: Recorded) -> None:
    assert run()[0] == 0
    assert recorded.steps == [("start", None), ("keys", "sandbox"), ("deploy", "sandbox")]


def test_an_environment_is_chosen_even_in_the_folder_of_an_app(recorded: Recorded, tmp_path: Path) -> None:
    app_in(tmp_path)
    assert run("--env", "dev", "--verbose")[0] == 0
    assert recorded.steps == [("start", "dev"), ("keys", "dev"), ("deploy", "dev", "--verbose")]


def test_in_the_folder_of_an_app_it_deploys_that_app(recorded: Recorded, tmp_path: Path) -> None:
    said = app_in(tmp_path, context={own_app.SECRETS: {"osml/a/deepseek": "api_key", "osml/a/openai": "api_key"}})
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    recorded.held = {"osml/a/openai"}
    assert run("--hotswap")[0] == 0
    assert recorded.steps == [("start", None), ("key", "osml/a/deepseek", "api_key", "local-key")]
    bootstrap, deployed = (line.split("|") for line in said.read_text().splitlines())
    assert bootstrap[0] == "bootstrap aws://000000000000/us-east-1 --app "
    assert deployed[0] == "deploy --all --require-approval never --hotswap"
    assert deployed[2].split(os.pathsep)[0] == str(tmp_path / ".venv" / "bin")
    recorded.is_bootstrapped = True
    assert run()[0] == 0
    assert said.read_text().count("bootstrap") == 1


def test_a_deploy_that_fails_is_a_sentence(recorded: Recorded, tmp_path: Path) -> None:
    app_in(tmp_path, code=1)
    code, said = run()
    assert (code, said.startswith(f"cdk bootstrap of the app in {tmp_path} failed; the reason is above.")) == (1, True)


def test_a_manifest_that_is_not_json_is_a_sentence(recorded: Recorded, tmp_path: Path) -> None:
    app_in(tmp_path)
    (tmp_path / "cdk.json").write_text("{")
    code, said = run()
    assert (code, said.startswith(f"{tmp_path / 'cdk.json'} cannot be read:")) == (1, True)


def test_without_the_cdk_command_line_nothing_is_started(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cdk.json").write_text("{}")
    monkeypatch.setenv("PATH", str(tmp_path))
    code, said = run()
    assert (code, recorded.steps) == (1, [])
    assert said.startswith(f"The CDK command line is not installed. Run `npm install aws-cdk` in {tmp_path}")


def test_without_a_node_nothing_is_started(recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> dict[str, str]:
        raise Failure("The CDK command line needs Node.js 22 or 24.")

    app_in(tmp_path)
    monkeypatch.setattr(own_app, "with_node", missing)
    assert run() == (1, "The CDK command line needs Node.js 22 or 24.")
    assert recorded.steps == []


def test_without_an_app_and_a_checkout_it_says_how_to_begin(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "is_checkout", lambda: False)
    code, said = run()
    assert (code, recorded.steps) == (1, [])
    assert said.startswith(f"There is no cdk.json in {tmp_path}. Run `osml up` in the folder of an app")


def test_an_environment_is_never_taken_for_the_app_in_the_folder(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app_in(tmp_path)
    monkeypatch.setattr(command, "is_checkout", lambda: False)
    code, said = run("--env", "dev")
    assert (code, recorded.steps) == (1, [])
    assert said.startswith("The environment dev needs a checkout of the osml repository")


@pytest.mark.parametrize(
    ("is_checkout", "said"), [(True, "run `make install` in the checkout"), (False, "run `pip install osml-sandbox`.")]
)
def test_without_the_local_cloud_it_says_what_to_install(
    is_checkout: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_cloud, "find_spec", lambda _: None)
    monkeypatch.setattr(place, "is_checkout", lambda: is_checkout)
    code, output = run()
    assert (code, said in output) == (1, True), output
