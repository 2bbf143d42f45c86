"""Which keys an environment may name, and where each can be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from settings import SettingError, load
from settings.encryption import Encryption
from settings.sagemaker_disks import keeps_its_own_key

ARN = "arn:aws:kms:us-east-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef"
ALIAS_ARN = "arn:aws:kms:us-east-1:111122223333:alias/osml"
DEEPSEEK = {"provider": "deepseek", "secret": {"name": "osml/key"}}
DOMAIN = {"kind": "domain", "data_nodes": {"instance_type": "r7g.large.search", "count": 1}}
SECRETS = "arn:aws:secretsmanager:us-east-1:111122223333:secret:osml"
OWN = {
    "kind": "self-managed",
    "endpoint": "https://search.example.com:9200",
    "login": {"arn": f"{SECRETS}/login-AbCdEf"},
    "model_keys": {"arn": f"{SECRETS}/models-AbCdEf"},
}


@pytest.mark.parametrize(
    ("key", "arn", "alias"),
    [
        (ARN, ARN, None),
        (ARN.replace("aws:", "aws-cn:").replace("us-east-1", "cn-north-1"), ..., None),
        (f"{ARN.partition('key/')[0]}key/mrk-0123456789abcdef0123456789abcdef", ..., None),
        (ALIAS_ARN, ALIAS_ARN, "alias/osml"),
        ("alias/team/osml-1_a", None, "alias/team/osml-1_a"),
    ],
)
def test_a_key_is_an_arn_or_an_alias(key: str, arn: Any, alias: str | None) -> None:
    encryption = Encryption(key=key)
    assert (encryption.arn, encryption.alias) == (key if arn is ... else arn, alias)


@pytest.mark.parametrize(
    "key", ["", "osml", "alias/", "alias/a b", ARN[:-1], f"{ARN} ", ARN.replace("kms", "iam"), ARN.rpartition("/")[2]]
)
def test_anything_else_is_refused_with_what_to_write(key: str) -> None:
    with pytest.raises(ValidationError, match="neither the ARN of a key nor an alias; write arn:aws:kms:REGION"):
        Encryption(key=key)


@pytest.mark.parametrize("key", ["alias/aws/es", ALIAS_ARN.replace("osml", "aws/lambda")])
def test_a_key_that_amazon_manages_is_refused(key: str) -> None:
    with pytest.raises(
        ValidationError, match="a key that Amazon manages, whose policy nobody can change; set your own"
    ):
        Encryption(key=key)


@pytest.mark.parametrize(
    ("key", "settings", "sentence"),
    [
        (
            ARN,
            {"region": "eu-west-1"},
            "encryption.key is in us-east-1, but region is 'eu-west-1', and services take keys of their own region; "
            "name one there, or replicate the key if it is a multi-Region key",
        ),
        (
            ALIAS_ARN,
            {"search": OWN, "account": "444455556666", "region": "us-east-1"},
            "encryption.key is an alias of the account 111122223333, but account is '444455556666', and an alias "
            "works only in its own account; write the ARN of the key, arn:…:key/…",
        ),
        (
            ALIAS_ARN,
            {"recipe": "serverless", "search": {"kind": "serverless"}, "answer": DEEPSEEK},
            f"encryption.key is {ALIAS_ARN!r}, but a collection accepts no alias; write the ARN that `aws kms "
            f"describe-key --key-id {ALIAS_ARN} --query KeyMetadata.Arn` prints",
        ),
        (
            ARN.replace("aws:", "aws-cn:"),
            {"region": "us-east-1"},
            "encryption.key is an ARN of the partition aws-cn, but us-east-1 is in aws; write arn:aws:…",
        ),
    ],
)
def test_a_key_that_cannot_work_is_refused(tmp_path: Path, key: str, settings: dict[str, Any], sentence: str) -> None:
    text = {
        "recipe": "semantic-search",
        "search": DOMAIN,
        "embedding": {"provider": "titan", "dimension": 1024},
        "encryption": {"key": key},
        **settings,
    }
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(text))
    with pytest.raises(SettingError) as caught:
        load("other", tmp_path)
    assert str(caught.value) == f"{tmp_path.name}/other.yaml: {sentence}."


def test_a_domain_takes_an_alias(tmp_path: Path) -> None:
    text = {
        "recipe": "semantic-search",
        "search": DOMAIN,
        "embedding": {"provider": "titan", "dimension": 1024},
        "encryption": {"key": "alias/osml"},
    }
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(text))
    assert load("other", tmp_path).encryption == Encryption(key="alias/osml")


@pytest.mark.parametrize(
    ("instance_type", "own"),
    [
        ("ml.c6i.xlarge", False),
        ("ml.m5.large", False),
        ("ml.m6g.large", False),
        ("ml.inf2.xlarge", False),
        ("ml.p3.2xlarge", False),
        ("ml.c5d.xlarge", True),
        ("ml.m6gd.large", True),
        ("ml.g4dn.xlarge", True),
        ("ml.g5.2xlarge", True),
        ("ml.g6.2xlarge", True),
        ("ml.g6e.48xlarge", True),
        ("ml.p4d.24xlarge", True),
        ("ml.p4de.24xlarge", True),
        ("ml.p5.48xlarge", True),
        ("ml.trn1.2xlarge", True),
    ],
)
def test_instances_with_disks_of_their_own_have_their_own_key(instance_type: str, own: bool) -> None:
    assert keeps_its_own_key(instance_type) is own
