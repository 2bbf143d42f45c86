"""What `osml init` says about the account of the shell's credentials."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from osml.failure import Failure
from osml.init import account, draft
from osml.init.offers import ANSWER, EMBEDDING, SEARCH, SIGN_IN
from osml.region import Region
from settings import Environment
from tests.unit.credentials import unsigned
from tests.unit.preflight_answers import ACCOUNT, CALLER, LIMITS, REGION, Answer, Session, version

CHOSEN = {"search": SEARCH, "embedding": EMBEDDING, "answer": ANSWER, "assistant": SIGN_IN}
NAMES = {"search": "domain", "embedding": "titan", "answer": "none", "assistant": "nobody"}
HERE = Region(REGION, "AWS_REGION")
FIRST = f"You are {CALLER} in the account {ACCOUNT}, region {REGION} (AWS_REGION)."
ME: Answer = ("sts", "get_caller_identity", {"Account": ACCOUNT, "Arn": CALLER, "UserId": "a"})
OFFERED: Answer = ("opensearch", "describe_instance_type_limits", {"LimitsByRole": LIMITS})


def titan(region: str = "AVAILABLE") -> Answer:
    return (
        "bedrock",
        "get_foundation_model_availability",
        {
            "modelId": "m",
            "agreementAvailability": {"status": "AVAILABLE"},
            "authorizationStatus": "AUTHORIZED",
            "entitlementAvailability": "AVAILABLE",
            "regionAvailability": region,
        },
    )


def environment(**names: str) -> Environment:
    chosen = {group: CHOSEN[group].offer(name) for group, name in {**NAMES, **names}.items()}
    return draft.checked("new", draft.draft("new", chosen))


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (
            [ME, version("21"), OFFERED, titan()],
            [
                "As a deploy needs it: bootstrap of the CDK, instances and volumes of the domain, quota and model "
                "access."
            ],
        ),
        (
            [ME, ("ssm", "get_parameter", "ParameterNotFound"), OFFERED, titan("NOT_AVAILABLE")],
            [
                f"A deploy there needs a change first: aws://{ACCOUNT}/{REGION} is not bootstrapped: there is no "
                f"parameter /cdk-bootstrap/hnb659fds/version. Run `npx cdk bootstrap aws://{ACCOUNT}/{REGION}`. The "
                f"account may not use amazon.titan-embed-text-v2:0 in {REGION}: regionAvailability is NOT_AVAILABLE. "
                "Request access in the Bedrock console of that region, or set another model in environments/new.yaml.",
                "As a deploy needs it: instances and volumes of the domain.",
            ],
        ),
        (
            [
                ME,
                ("ssm", "get_parameter", "AccessDeniedException"),
                ("opensearch", "describe_instance_type_limits", "AccessDeniedException"),
                ("bedrock", "get_foundation_model_availability", "AccessDeniedException"),
            ],
            ["Not checked: bootstrap of the CDK, instances and volumes of the domain, quota and model access."],
        ),
    ],
    ids=["ready", "refused", "not allowed to look"],
)
def test_it_says_who_the_caller_is_and_what_would_refuse_the_choice(
    answers: list[Answer], said: list[str], opened: ExitStack
) -> None:
    assert list(account.look("new", environment(), Session(answers, opened), HERE)) == [FIRST, *said]


def test_a_model_that_cannot_be_called_from_the_region_is_refused(opened: ExitStack) -> None:
    profile: Answer = ("bedrock", "get_inference_profile", "AccessDeniedException")
    session = Session([ME, version("21"), OFFERED, titan(), profile], opened)
    there = Region("eu-central-1", "AWS_REGION")
    _, refused, *_ = account.look("new", environment(answer="nova", assistant="people"), session, there)
    assert "us.amazon.nova-lite-v1:0" in refused


def test_the_fixes_of_an_environment_file_are_not_for_an_app(opened: ExitStack) -> None:
    answers = [ME, version("21"), OFFERED, titan("NOT_AVAILABLE")]
    _, refused, _ = account.look("new", environment(), Session(answers, opened), HERE, has_file=False)
    assert refused.endswith(f"amazon.titan-embed-text-v2:0 in {REGION}: regionAvailability is NOT_AVAILABLE.")


def test_without_a_region_only_the_caller_is_known(opened: ExitStack) -> None:
    (said,) = account.look("new", environment(), Session([ME], opened), None)
    assert said == f"You are {CALLER} in the account {ACCOUNT}. No region is set, so nothing was checked there."


def test_credentials_that_aws_refuses_are_a_failure(opened: ExitStack) -> None:
    refused: Answer = ("sts", "get_caller_identity", "ExpiredToken")
    with pytest.raises(Failure, match="AWS does not accept the credentials"):
        list(account.look("new", environment(), Session([refused], opened), HERE))


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "Nothing was checked in an AWS account, because no credentials were found."),
        ({"AWS_PROFILE": "absent"}, "Nothing was checked in an AWS account: The config profile (absent) could not be"),
        ({"AWS_PROFILE": "coded"}, "Nothing was checked in an AWS account, because the profile asks for a code."),
        (
            {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            "Nothing was checked in an AWS account: AWS is not reachable:",
        ),
        (
            {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL": "nonsense"},
            "Nothing was checked in an AWS account: Invalid endpoint: nonsense.",
        ),
    ],
    ids=["none", "no such profile", "second factor", "no network", "no address"],
)
def test_what_cannot_be_checked_is_a_sentence_and_never_an_error(
    variables: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsigned(monkeypatch, tmp_path)
    (tmp_path / "no-config").write_text(
        "[profile coded]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = device\n"
        "[profile device]\nmfa_serial = arn:aws:iam::111122223333:mfa/ada\n"
    )
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (line,) = account.sentences("new", environment())
    assert line.startswith(said)
