"""Instances and disks that CreateDomain refuses: the settings refuse them before, or the local cloud as Amazon does."""

from pathlib import Path
from typing import Any

import pytest
import yaml

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
        (
            {"data_nodes": of("i3.large.search"), "volume": {"size": 20}},
            "volume is set, but i3.large.search stores data on",
        ),
        ({"data_nodes": of("t2.small.search")}, "does not encrypt stored data"),
        ({"data_nodes": of("t3.small.search"), "volume": {"size": 101}}, "t3.small.search takes 100 GiB at most"),
        ({"data_nodes": of("t3.medium.search"), "volume": {"size": 500}}, "t3.medium.search takes 200 GiB at most"),
        (
            {"data_nodes": of("r7g.large.search"), "dedicated_masters": of("r6gd.large.search", 3)},
            "supports no volume, but the data nodes have one",
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
    environment = load("other", written(tmp_path, data_nodes=of(f"{family}.large.search"), volume="none"))
    assert not environment.search.has_volumes  # type: ignore[union-attr]


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
