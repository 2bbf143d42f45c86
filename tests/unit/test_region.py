"""One region for boto3, for the CDK command line, and for everything that a command starts."""

import io
import os
from pathlib import Path

import boto3
import boto3.exceptions
import botocore.exceptions
import botocore.parsers
import pytest
import requests
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError

from osml import main as command_line
from osml.aws_error import of_aws
from osml.deploy.destination import destination
from osml.failure import Failure
from osml.place import place
from osml.region import chosen
from settings import SettingError

NAMES = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE")
HERE = "environments/x.yaml"


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without AWS variables, restored after the test; returns the path of its profiles file."""
    # Set before it is deleted: otherwise monkeypatch would not undo what a command exports.
    for name in (*NAMES, "OSML_ENV", "OSML_ENVIRONMENTS"):
        monkeypatch.setenv(name, "-")
        monkeypatch.delenv(name)
    profiles = tmp_path / "aws"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profiles))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    return profiles


@pytest.mark.parametrize(
    ("written", "shell_says", "name", "source"),
    [
        ("eu-west-1", {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-west-2"}, "eu-west-1", HERE),
        (None, {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-west-2"}, "us-east-1", "AWS_REGION"),
        (None, {"AWS_DEFAULT_REGION": "us-west-2"}, "us-west-2", "AWS_DEFAULT_REGION"),
        (None, {"AWS_PROFILE": "team"}, "ap-south-1", "the profile team"),
        (None, {"AWS_PROFILE": "team", "AWS_REGION": "us-east-1"}, "us-east-1", "AWS_REGION"),
    ],
)
def test_a_region_is_chosen_in_the_order_of_the_cdk(
    written: str | None,
    shell_says: dict[str, str],
    name: str,
    source: str,
    shell: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shell.write_text("[profile team]\nregion = ap-south-1\n")
    for variable, value in shell_says.items():
        monkeypatch.setenv(variable, value)
    region = chosen(written, HERE)
    assert region is not None
    assert (region.name, region.source) == (name, source)


def test_no_region_is_none_and_so_is_an_unknown_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(None, HERE) is None
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert chosen(None, HERE) is None


def test_boto3_and_the_cdk_read_the_same_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    place("dev", sandbox=False)
    assert boto3.Session().region_name == "eu-central-1"
    assert {os.environ[name] for name in ("AWS_REGION", "AWS_DEFAULT_REGION")} == {"eu-central-1"}


@pytest.mark.parametrize("command", ["deploy", "destroy", "status", "secret set"])
def test_without_a_region_a_command_is_a_sentence(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr("sys.argv", ["osml", *command.split(), "--env", "dev"])
    monkeypatch.setattr("sys.stdin", io.StringIO("key"))
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert "AWS_REGION" in said
    assert "environments/dev.yaml" in said or "the environment's file" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["import new --domain search", "prove"])
def test_a_command_without_an_environment_names_no_file_for_the_region(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["osml", *command.split()])
    with pytest.raises(SystemExit):
        command_line.main()
    assert capsys.readouterr().err == "✗ No region is set. Set AWS_REGION, or a region in the AWS profile.\n"


def test_a_proof_without_credentials_says_how_to_sign_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr("sys.argv", ["osml", "prove"])
    with pytest.raises(SystemExit):
        command_line.main()
    assert "sign in (`aws sso login`" in capsys.readouterr().err


def test_a_deploy_without_a_region_has_that_cause() -> None:
    with pytest.raises(Failure) as failed:
        destination(place("dev", sandbox=False))
    assert failed.value.cause == "no-region"


def test_a_deploy_to_a_region_without_a_service_names_what_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "cn-north-1")
    with pytest.raises(SettingError) as failed:
        destination(place("dev", sandbox=False))
    assert str(failed.value) == (
        "environments/dev.yaml cannot be deployed to the region of AWS_REGION: region is 'cn-north-1', which has no "
        "Amazon "
        "Cognito; set assistant.sign_in to api-key."
    )


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (NoRegionError(), "no-region"),
        (NoCredentialsError(), "no-credentials"),
        (EndpointConnectionError(endpoint_url="https://sts.nowhere.amazonaws.com"), "no-network"),
        (ClientError({"Error": {"Code": "Odd", "Message": "odd"}}, "Odd"), "unexplained"),
    ],
)
def test_an_error_of_boto3_is_a_sentence_with_a_cause(error: Exception, cause: str) -> None:
    complaint = of_aws(error)
    assert complaint is not None
    assert complaint.cause == cause
    assert str(complaint).endswith(".")


def test_an_error_of_ours_stays_one() -> None:
    assert of_aws(ValueError("a fault of the program")) is None


def test_every_error_of_boto3_and_of_a_request_is_a_sentence() -> None:
    count = 0
    for module in (botocore.exceptions, botocore.parsers, boto3.exceptions, requests.exceptions):
        for name, value in vars(module).items():
            if not (isinstance(value, type) and issubclass(value, Exception) and value.__module__ == module.__name__):
                continue
            # Bases that are only raised within the package, and errors that are re-raised as others.
            if issubclass(value, Warning) or name in ("XMLParseError", "NoInitialResponseError", "ParserError"):
                continue
            complaint = of_aws(value.__new__(value, f"{name} says\nthat it failed"))
            assert complaint is not None, name
            assert "\n" not in str(complaint)
            assert str(complaint).endswith(".")
            count += 1
    assert count > 80


def test_an_endpoint_that_is_no_address_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")
    with pytest.raises(ValueError, match="Invalid endpoint") as caught:
        boto3.client("sts", region_name="us-east-1")
    assert of_aws(caught.value) is not None
