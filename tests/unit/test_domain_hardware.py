"""Instances and disks that CreateDomain refuses are refused before it, by the settings or by what Amazon says."""

from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import Stubber

from osml.deploy import domain_limits
from osml.failure import Failure
from osml.place import Place
from sandbox.cloud import domain_rules
from settings import SettingError, load
from settings.domain_hardware import LARGEST_VOLUME, OWN_DISKS, UNENCRYPTED

DEV = Path(__file__).resolve().parents[2] / "environments" / "dev.yaml"


def written(folder: Path, **search: Any) -> Path:
    settings = yaml.safe_load(DEV.read_text())
    settings["search"] |= search
    if search.get("volume") == "none":
        del settings["search"]["volume"]
    (folder / "other.yaml").write_text(yaml.safe_dump(settings))
    return folder


def of(machine: str, count: int = 1) -> dict[str, Any]:
    return {"instance_type": machine, "count": count}


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ({"data_nodes": of("i3.large.search"), "volume": {"size": 20}}, "volume is set, but i3.large.search stores on"),
        ({"data_nodes": of("t2.small.search")}, "does not encrypt what it stores"),
        ({"data_nodes": of("t3.small.search"), "volume": {"size": 101}}, "t3.small.search takes 100 GiB at most"),
        ({"data_nodes": of("t3.medium.search"), "volume": {"size": 500}}, "t3.medium.search takes 200 GiB at most"),
        (
            {"data_nodes": of("r7g.large.search"), "dedicated_masters": of("r6gd.large.search", 3)},
            "takes no volume, but the data nodes have one",
        ),
    ],
)
def test_the_settings_refuse(tmp_path: Path, search: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError) as refused:
        load("other", written(tmp_path, **search))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("family", OWN_DISKS)
def test_disks_of_its_own_need_no_volume(tmp_path: Path, family: str) -> None:
    found = load("other", written(tmp_path, data_nodes=of(f"{family}.large.search"), volume="none"))
    assert not found.search.has_volumes  # type: ignore[union-attr]


def domain(machine: str, **changes: Any) -> dict[str, Any]:
    return {
        "ClusterConfig": {"InstanceType": machine},
        "EBSOptions": {"EBSEnabled": True, "VolumeSize": 20},
        "EncryptionAtRestOptions": {"Enabled": True},
        **changes,
    }


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        *((domain(f"{family}.large.search"), "EBS storage is not supported") for family in OWN_DISKS),
        *((domain(f"{family}.large.search"), "Encryption at rest is not supported") for family in UNENCRYPTED),
        *(
            (domain(machine, EBSOptions={"EBSEnabled": "true", "VolumeSize": most + 1}), "Volume size must be between")
            for machine, most in LARGEST_VOLUME.items()
        ),
        (domain("r7g.large.search", EBSOptions={"EBSEnabled": False}), "EBS storage must be selected"),
    ],
)
def test_the_local_cloud_refuses_as_amazon_does(wanted: dict[str, Any], said: str) -> None:
    owner = {"AWS": "arn:aws:iam::000000000000:root"}
    policies = {"Statement": [{"Effect": "Allow", "Principal": owner, "Action": "es:*"}]}
    with pytest.raises(domain_rules.InvalidDomain, match=said):
        domain_rules.check(wanted, creating=False)
    right = domain("r7g.large.search", AccessPolicies=policies)
    domain_rules.check(right, creating=True)


LIMITS = {
    "data": {
        "StorageTypes": [
            {
                "StorageTypeName": "ebs",
                "StorageSubTypeName": "gp3",
                "StorageTypeLimits": [
                    {"LimitName": "MinimumVolumeSize", "LimitValues": ["10"]},
                    {"LimitName": "MaximumVolumeSize", "LimitValues": ["1024"]},
                ],
            }
        ],
        "InstanceLimits": {"InstanceCountLimits": {"MinimumInstanceCount": 1, "MaximumInstanceCount": 10}},
    }
}


@pytest.mark.parametrize(
    ("search", "answer", "said"),
    [
        ({}, LIMITS, None),
        ({"volume": {"size": 2048}}, LIMITS, "size is 2048, but r7g.large.search takes 10 to 1024 GiB"),
        (
            {"volume": {"size": 20, "type": "gp2"}},
            LIMITS,
            "type is 'gp2', but r7g.large.search takes gp3",
        ),
        ({"data_nodes": of("r7g.large.search", 11)}, LIMITS, "count is 11, but a domain has at most 10 of r7g"),
        ({}, "ValidationException", "does not run OpenSearch_3.5 in this region"),
        ({}, "AccessDeniedException", None),
    ],
)
def test_amazon_is_asked_before_the_domain_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, search: dict[str, Any], answer: Any, said: str | None
) -> None:
    search = {"data_nodes": of("r7g.large.search"), "volume": {"size": 20}, **search}
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(written(tmp_path, **search)))
    client = boto3.client("opensearch", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="s")
    with Stubber(client) as stub:
        if isinstance(answer, str):
            stub.add_client_error("describe_instance_type_limits", answer, "InvalidInstanceType")
        else:
            stub.add_response("describe_instance_type_limits", {"LimitsByRole": answer})
        if said is None:
            domain_limits.check(Place("other", None), client)
            return
        with pytest.raises(Failure) as refused:
            domain_limits.check(Place("other", None), client)
    assert said in str(refused.value)
