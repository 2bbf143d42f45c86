"""Who may sign in, and where: `osml user …` and `osml page`."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.stub import ANY, Stubber

from osml import main as command_line
from osml.ask import page
from osml.deploy.deployment import Deployment
from osml.deploy.users import KINDS, made_up_password
from osml.failure import Failure
from osml.place import CHECKOUT, Place
from sandbox.instance import Instance

POOL = "us-east-1_Pool12345"
EMAIL = "you@example.com"
HUSH = "Hush-hush-123"
NAMED = {"UserPoolId": POOL, "Username": EMAIL}
ATTRIBUTES = [{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": "true"}]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """botocore's stubbed client of the deployed pool."""
    outputs = {"AskFunctionName": "a", "DocumentsFunctionName": "d", "UserPoolId": POOL, "PageUrl": "https://p/dev/rag"}
    for name, value in outputs.items():
        monkeypatch.setenv(f"OSML_OUTPUT_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("cognito-idp", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(
        boto3, "client", lambda service, region_name: {("cognito-idp", "us-east-1"): client}[service, region_name]
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `osml … --env dev`; `dev` is the sandbox's file, in which `assistant` replaces that group's line."""
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")
    shutil.copy(CHECKOUT / "environments" / "sandbox.yaml", tmp_path / "dev.yaml")

    def osml(*arguments: str, given: str = "", assistant: str = "assistant: {}") -> tuple[int, str, str]:
        file = tmp_path / "dev.yaml"
        file.write_text(file.read_text().replace("assistant: {}", assistant))
        monkeypatch.setattr("sys.argv", ["osml", *arguments, "--env", "dev"])
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return osml


def test_aws_mails_the_first_password(pool: Stubber, run: Run) -> None:
    wanted = {**NAMED, "UserAttributes": ATTRIBUTES, "DesiredDeliveryMediums": ["EMAIL"]}
    pool.add_response("admin_create_user", {}, wanted)
    code, out, _ = run("user", "add", EMAIL)
    assert (code, out) == (0, f"{EMAIL} may sign in with the password that AWS sends by mail.\n")


@pytest.mark.parametrize("stdin", [True, False])
def test_a_given_password_lasts_and_is_not_shown(pool: Stubber, run: Run, tmp_path: Path, stdin: bool) -> None:
    pool.add_response("admin_create_user", {}, {**NAMED, "UserAttributes": ATTRIBUTES, "MessageAction": "SUPPRESS"})
    pool.add_response("admin_set_user_password", {}, {**NAMED, "Password": HUSH, "Permanent": True})
    (tmp_path / "password").write_text(f"{HUSH}\n")
    file = "-" if stdin else str(tmp_path / "password")
    code, out, err = run("user", "add", EMAIL, "--password-file", file, given=f"{HUSH}\n")
    assert code == 0
    assert HUSH not in out + err


def test_the_local_cloud_makes_a_password_up_and_shows_it(
    pool: Stubber, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("osml.commands.user.place", lambda env, sandbox: Place(env, cast(Any, object())))
    monkeypatch.setattr("osml.deploy.users.made_up_password", lambda: HUSH)
    pool.add_response("admin_create_user", {}, {**NAMED, "UserAttributes": ATTRIBUTES, "MessageAction": "SUPPRESS"})
    pool.add_response("admin_set_user_password", {}, {**NAMED, "Password": HUSH, "Permanent": True})
    code, out, _ = run("user", "add", EMAIL)
    assert code == 0
    assert out.splitlines()[-1] == HUSH


def test_a_password_that_the_pool_refuses_leaves_no_user(pool: Stubber, run: Run) -> None:
    pool.add_response("admin_create_user", {})
    pool.add_client_error("admin_set_user_password", "InvalidPasswordException", "Password not long enough")
    pool.add_response("admin_delete_user", {}, NAMED)
    code, out, err = run("user", "add", EMAIL, "--password-file", "-", given="short")
    assert code == 1
    assert "Password not long enough" in err
    assert out == ""


@pytest.mark.parametrize(
    ("arguments", "given", "sentence"),
    [
        (("user", "add", "nobody"), "", "'nobody' is not an e-mail address. Nobody was added."),
        (("user", "add", EMAIL, "--password-file", "-"), "\n", "The password is empty. Nobody was added."),
        (("user", "add", EMAIL, "--password-file", "/no/such"), "", "Reading the password from /no/such failed: "),
    ],
)
def test_a_wrong_command_is_reported_before_anything_is_done(
    pool: Stubber, run: Run, arguments: tuple[str, ...], given: str, sentence: str
) -> None:
    code, _, err = run(*arguments, given=given)
    assert code == 1
    assert sentence in err


@pytest.mark.parametrize(
    ("command", "operation", "error", "sentence"),
    [
        ("add", "admin_create_user", "UsernameExistsException", f"{EMAIL} is already a user. `osml user change` gives"),
        ("add", "admin_create_user", "NotAuthorizedException", f"Adding {EMAIL} failed: "),
        ("remove", "admin_delete_user", "UserNotFoundException", f"{EMAIL} is not a user. Nothing was removed."),
        ("remove", "admin_delete_user", "NotAuthorizedException", f"Removing {EMAIL} failed: "),
    ],
)
def test_a_refusal_of_cognito_is_one_sentence(
    pool: Stubber, run: Run, command: str, operation: str, error: str, sentence: str
) -> None:
    pool.add_client_error(operation, error, "no")
    code, _, err = run("user", command, EMAIL)
    assert code == 1
    assert err.startswith(f"✗ {sentence}")


def test_users_are_listed_over_all_pages(pool: Stubber, run: Run) -> None:
    users = [
        {
            "Username": f"id-{name}",
            "UserStatus": state,
            "Attributes": [{"Name": "email", "Value": f"{name}@example.com"}],
        }
        for name, state in [("zoe", "CONFIRMED"), ("ann", "FORCE_CHANGE_PASSWORD")]
    ]
    groups = [{"GroupName": name} for name in ("editor", "hr", "reader")]
    pool.add_response("list_groups", {"Groups": groups}, {"UserPoolId": POOL})
    for name, members in (("editor", [users[1]]), ("hr", users), ("reader", [users[1]])):
        pool.add_response("list_users_in_group", {"Users": members}, {"UserPoolId": POOL, "GroupName": name})
    pool.add_response("list_users", {"Users": users[:1], "PaginationToken": "more"}, {"UserPoolId": POOL})
    pool.add_response("list_users", {"Users": users[1:]}, {"UserPoolId": POOL, "PaginationToken": ANY})
    code, out, _ = run("user", "list")
    assert code == 0
    rows = [line.split() for line in out.splitlines()]
    assert rows[1:] == [
        ["ann@example.com", "FORCE_CHANGE_PASSWORD", "editor", "hr"],
        ["zoe@example.com", "CONFIRMED", "(reader)", "hr"],
    ]


def test_an_empty_list_names_the_next_command(pool: Stubber, run: Run) -> None:
    pool.add_response("list_groups", {"Groups": []})
    pool.add_response("list_users", {"Users": []})
    assert run("user", "list")[2] == "Nobody may sign in yet. Add somebody with `osml user add EMAIL --env dev`.\n"


def member(group: str) -> dict[str, str]:
    return {**NAMED, "GroupName": group}


def test_a_user_is_added_with_a_role_and_groups(pool: Stubber, run: Run) -> None:
    pool.add_response("admin_create_user", {})
    pool.add_response("admin_list_groups_for_user", {"Groups": []}, NAMED)
    pool.add_response("admin_add_user_to_group", {}, member("editor"))
    pool.add_client_error("admin_add_user_to_group", "ResourceNotFoundException", expected_params=member("hr"))
    pool.add_response("create_group", {}, {"UserPoolId": POOL, "GroupName": "hr"})
    pool.add_response("admin_add_user_to_group", {}, member("hr"))
    assert run("user", "add", EMAIL, "--role", "editor", "--groups", "hr")[0] == 0


def test_a_user_who_gets_no_role_is_not_added(pool: Stubber, run: Run) -> None:
    pool.add_response("admin_create_user", {})
    pool.add_client_error("admin_list_groups_for_user", "NotAuthorizedException", "no")
    pool.add_response("admin_delete_user", {}, NAMED)
    code, out, err = run("user", "add", EMAIL, "--role", "editor")
    assert (code, out) == (1, "")
    assert f"Changing the groups of {EMAIL} failed" in err


@pytest.mark.parametrize(
    ("arguments", "leaves", "joins"),
    [
        (("--role", "reader"), ["editor", "owner"], ["reader"]),
        (("--groups", "law,hr"), ["board"], ["law"]),
        (("--groups", ""), ["board", "hr"], []),
        (("--role", "owner", "--groups", "hr"), ["board", "editor"], []),
    ],
)
def test_a_user_gets_another_role_and_other_groups(
    pool: Stubber, run: Run, arguments: tuple[str, ...], leaves: list[str], joins: list[str]
) -> None:
    present = [{"GroupName": name} for name in ("board", "editor", "hr", "owner")]
    pool.add_response("admin_list_groups_for_user", {"Groups": present}, NAMED)
    for name in leaves:
        pool.add_response("admin_remove_user_from_group", {}, member(name))
    for name in joins:
        pool.add_response("admin_add_user_to_group", {}, member(name))
    assert run("user", "change", EMAIL, *arguments)[:2] == (
        0,
        f"{EMAIL} is changed; this takes effect within an hour.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "No change is given. Add --role, or --groups"),
        (("--groups", "owner"), "'owner' is a role, not a group of documents."),
        (("--groups", "a[b"), "'a[b' cannot be the name of a group."),
    ],
)
def test_a_change_that_is_none_is_a_sentence(
    pool: Stubber, run: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    code, _, err = run("user", "change", EMAIL, *arguments)
    assert code == 1
    assert sentence in err


def test_a_removed_user_is_gone(pool: Stubber, run: Run) -> None:
    pool.add_response("admin_delete_user", {}, NAMED)
    assert run("user", "remove", EMAIL)[:2] == (0, f"{EMAIL} can no longer sign in.\n")


@pytest.mark.parametrize(
    ("assistant", "sentence"),
    [
        ("", "The environment dev has no assistant to sign in to. Add the group assistant to environments/dev.yaml"),
        ("assistant: {sign_in: api-key}", "The environment dev has no users, because assistant.sign_in is 'api-key'."),
    ],
)
def test_an_environment_without_users_is_reported(pool: Stubber, run: Run, assistant: str, sentence: str) -> None:
    code, _, err = run("user", "list", assistant=assistant)
    assert code == 1
    assert sentence in err


def test_a_made_up_password_has_every_kind_of_character_and_is_another_each_time() -> None:
    passwords = {made_up_password() for _ in range(50)}
    assert len(passwords) == 50
    assert {len(password) for password in passwords} == {20}
    assert all(set(kind) & set(password) for password in passwords for kind in KINDS)


def test_a_page_is_its_address_and_how_to_sign_in(pool: Stubber, run: Run) -> None:
    code, out, err = run("page")
    assert (code, out) == (0, "https://p/dev/rag\n")
    assert err == "Add a user who may sign in: `osml user add you@example.com --env dev`.\n"


def test_a_page_opens_in_the_browser(pool: Stubber, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    assert run("open")[0] == 0
    assert opened == ["https://p/dev/rag"]


def test_with_an_api_key_the_command_shows_how_to_get_it(
    pool: Stubber, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSML_OUTPUT_ApiKeyId", "k123")
    assert "--api-key k123 --include-value" in run("page", assistant="assistant: {sign_in: api-key}")[2]


@pytest.mark.parametrize("assistant", ["", "assistant: {sign_in: iam, page: false}"])
def test_an_environment_without_a_page_is_reported(pool: Stubber, run: Run, assistant: str) -> None:
    code, out, err = run("page", assistant=assistant)
    assert (code, out) == (1, "")
    assert "The environment dev has no page. Set assistant.page to true in environments/dev.yaml" in err


@pytest.mark.parametrize(
    ("assistant", "missing", "shown"),
    [
        ("assistant: {}", None, "https://p/dev/rag\n"),
        ("assistant: {page: false}", None, ""),
        ("", None, ""),
        ("assistant: {}", "OSML_OUTPUT_PageUrl", ""),
    ],
)
def test_a_deploy_ends_with_the_pages_address_where_there_is_one(
    pool: Stubber, run: Run, monkeypatch: pytest.MonkeyPatch, assistant: str, missing: str | None, shown: str
) -> None:
    deployed: list[Any] = []
    monkeypatch.setattr(Deployment, "deploy", lambda *arguments: deployed.append(arguments))
    monkeypatch.setattr(Deployment, "losses", lambda _: [])
    monkeypatch.setattr(Deployment, "cost", lambda _: "It costs 1.00 USD a month.")
    monkeypatch.setattr(Deployment, "differences", lambda *_, **__: 0)
    monkeypatch.setattr("osml.deploy.destination.destination", lambda _: "the account 111122223333")
    monkeypatch.setattr("osml.commands.secret.require", lambda *_: None)
    monkeypatch.setattr("osml.preflight.preflight.require", lambda *_: None)
    monkeypatch.setattr("osml.deploy.neighbours.require_apart", lambda _: [])
    if missing:
        monkeypatch.delenv(missing)
    assert run("deploy", assistant=assistant)[:2] == (0, shown)
    assert len(deployed) == 1


def test_in_the_local_cloud_the_certificate_authority_is_named(pool: Stubber, tmp_path: Path) -> None:
    instance = Instance("unit", tmp_path)
    sign_in, trust = page.way_in(Place(instance.environment, instance), "osml")
    assert sign_in.endswith("`osml user add you@example.com --sandbox`.")
    assert str(instance.certificates.ca) in trust


def test_an_address_that_is_not_deployed_is_a_sentence(pool: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OSML_OUTPUT_PageUrl")
    with pytest.raises(Failure, match="Deploy it with `osml deploy --env sandbox-aoss`"):
        page.address(Place("sandbox-aoss", None))


def test_a_lost_app_is_forgotten(pool: Stubber, run: Run) -> None:
    off = {"SoftwareTokenMfaSettings": {"Enabled": False, "PreferredMfa": False}}
    pool.add_response("admin_set_user_mfa_preference", {}, {**NAMED, **off})
    code, said, _ = run("user", "change", EMAIL, "--forget-app")
    assert (code, said.strip()) == (0, f"{EMAIL} can now sign in without an authenticator app.")
