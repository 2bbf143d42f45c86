"""Settings of access: their names fit the way of signing in, and no name means everybody by mistake."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import SettingError, load
from settings.access import LOADERS, Access
from settings.drop import Drop

SANDBOX = yaml.safe_load((Path(__file__).parents[2] / "environments" / "sandbox.yaml").read_text())
ROLE = "arn:aws:iam::111122223333:role"


def loaded(tmp_path: Path, **assistant: Any) -> Access:
    (tmp_path / "one.yaml").write_text(yaml.safe_dump({**SANDBOX, "assistant": assistant}))
    loaded = load("one", tmp_path).assistant
    assert loaded
    return loaded.access


def test_whoever_is_not_named_is_a_reader(tmp_path: Path) -> None:
    assert loaded(tmp_path) == Access(others="reader")


@pytest.mark.parametrize(
    ("least", "trusted"),
    [
        ("editor", {"editor", "owner", "operators"}),
        ("owner", {"owner", "operators"}),
        ("operators", {"operators"}),
    ],
)
def test_whose_documents_count_whole_is_a_setting(tmp_path: Path, least: str, trusted: set[str]) -> None:
    access = loaded(tmp_path, access={"trusted": least})
    assert {loader for loader in LOADERS if access.trusts(loader)} == trusted
    assert not access.trusts(None)


@pytest.mark.parametrize(
    ("sign_in", "name"),
    [
        ("cognito", "handbook-team"),
        ("cognito", "Léa's people: A/B".replace("'", "")),
        ("iam", f"{ROLE}/Team"),
        ("iam", f"{ROLE}/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Hr_*"),
        ("iam", "arn:aws-us-gov:iam::111122223333:user/a/ada"),
        ("api-key", "loader_1"),
    ],
)
@pytest.mark.parametrize("place", ["readers", "editors", "owners", "groups"])
def test_a_name_fits_the_sign_in(tmp_path: Path, sign_in: str, name: str, place: str) -> None:
    named: Any = {"hr": [name]} if place == "groups" else [name]
    access = loaded(tmp_path, sign_in=sign_in, page=False, access={place: named})
    assert access.names == [name]


@pytest.mark.parametrize(
    ("sign_in", "access", "sentence"),
    [
        ("cognito", {"editors": ["a,b"]}, "'a,b' cannot be the name of a group"),
        ("cognito", {"editors": ["[a"]}, "'[a' cannot be the name of a group"),
        ("cognito", {"owners": [" a"]}, "' a' cannot be the name of a group"),
        ("iam", {"editors": ["Team"]}, "'Team' is not the ARN of an IAM role or user"),
        # A caller's path is not known, so this pattern would match every role.
        ("iam", {"owners": [f"{ROLE}/hr/*"]}, "is not the ARN of an IAM role or user"),
        ("iam", {"owners": ["*"]}, "'*' is not the ARN"),
        ("iam", {"groups": {"hr": [f"{ROLE}/*"]}}, "is not the ARN of an IAM role or user"),
        ("api-key", {"editors": ["a b"]}, "'a b' cannot be the name of an API key"),
        ("cognito", {"groups": {"a,b": []}}, "access.groups"),
        ("cognito", {"others": "admin"}, "access.others"),
        ("cognito", {"roles": []}, "access.roles"),
    ],
)
def test_a_name_that_means_something_else_is_a_sentence(
    tmp_path: Path, sign_in: str, access: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingError) as raised:
        loaded(tmp_path, sign_in=sign_in, page=False, access=access)
    assert sentence in str(raised.value)


@pytest.mark.parametrize("prefix", ["hr", "/", "/hr/", "", " /", "hr//"])
def test_a_prefix_of_the_drop_is_a_folder(prefix: str) -> None:
    assert Drop(groups={"hr/": ["hr"], "hr/board/": ["board"], "Ä b/": []}).groups
    with pytest.raises(ValueError, match="groups"):
        Drop(groups={prefix: ["hr"]})


OIDC = {"issuer": "https://login.example.com/t", "client_id": "c", "secret": {"name": "osml/dev/sign-in"}}
SAML = {"metadata_url": "https://login.example.com/metadata.xml"}


def assistant(tmp_path: Path, **settings: Any) -> Any:
    (tmp_path / "one.yaml").write_text(yaml.safe_dump({**SANDBOX, "assistant": settings}))
    return load("one", tmp_path).assistant


def test_groups_of_a_provider_have_an_attribute_of_the_pool(tmp_path: Path) -> None:
    assert assistant(tmp_path, providers={"Corporate": OIDC, "Okta": SAML}).group_attribute is None
    assert assistant(tmp_path, providers={"Corporate": {**OIDC, "groups": "groups"}}).group_attribute == "custom:groups"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"providers": {"Corporate": {**OIDC, **SAML}}}, "metadata_url is for SAML, and issuer, client_id and secret"),
        ({"providers": {"Corporate": {"issuer": OIDC["issuer"]}}}, "set metadata_url for SAML, or issuer, client_id"),
        ({"providers": {"Corporate": {"metadata_url": "http://a.example"}}}, "metadata_url"),
        ({"providers": {"COGNITO": SAML}}, "providers"),
        ({"providers": {"Okta": SAML}, "sign_in": "api-key"}, "providers is for people who sign in at a user pool"),
    ],
)
def test_a_provider_is_of_one_kind(tmp_path: Path, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingError) as raised:
        assistant(tmp_path, **settings)
    assert sentence in str(raised.value)
