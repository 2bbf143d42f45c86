"""The delivery file: its valid settings, and the sentence for each invalid one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from osml.place import CHECKOUT
from settings import SettingError
from settings.delivery import load_delivery

GOOD: dict[str, Any] = {
    "source": {"codecommit": "osml"},
    "smoke": {"question": "How many?"},
    "stages": [{"environment": "dev"}, {"environment": "prod", "approval": True}],
}


def written(directory: Path, **changes: Any) -> Path:
    file = directory / "delivery.yaml"
    file.write_text(yaml.safe_dump({**GOOD, **changes}))
    return file


def test_the_delivery_of_this_repository() -> None:
    delivery = load_delivery(CHECKOUT / "delivery.yaml")
    assert [stage.environment for stage in delivery.stages] == ["dev", "qa", "prod"]
    assert [stage.approval for stage in delivery.stages] == [False, False, True]
    assert [bool(delivery.smoke_of(stage).documents) for stage in delivery.stages] == [True, True, False]
    assert [environment.name for environment in delivery.environments(CHECKOUT / "environments")] == [
        "dev",
        "qa",
        "prod",
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stages": []}, "delivery.yaml: stages is [], but "),
        (
            {"stages": [{"environment": "dev"}, {"environment": "dev"}]},
            "delivery.yaml: stages: the environment 'dev' is delivered twice; name it once.",
        ),
        (
            {"source": {"branch": "main"}},
            "delivery.yaml: source: no source of the code is set; set codecommit, or connection and repository.",
        ),
        (
            {"source": {"codecommit": "osml", "repository": "team/osml"}},
            "delivery.yaml: source: codecommit is 'osml', but connection or repository is also set; keep codecommit, "
            "or connection with repository.",
        ),
        (
            {"source": {"connection": "here", "repository": "team/osml"}},
            "delivery.yaml: source.connection is 'here', but must look like arn:aws:codeconnections:",
        ),
        (
            {"smoke": {"question": "How many?", "documents": ["absent.ndjson"]}},
            "delivery.yaml: smoke.documents names 'absent.ndjson', which is not there; "
            "set files of this repository, or leave documents out.",
        ),
        (
            {"smoke": {"question": "How many?", "answers": {"questions": "absent.ndjson"}}},
            "delivery.yaml: smoke.answers.questions names 'absent.ndjson', which is not there; "
            "set files of this repository, or leave answers out.",
        ),
        (
            {"smoke": {"question": "How many?", "answers": {"questions": "delivery.yaml", "faithfulness": 90}}},
            "delivery.yaml: smoke.answers.faithfulness is 90, but ",
        ),
        ({"stage": []}, "delivery.yaml: stage is not a setting; the nearest one is stages."),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_delivery(written(tmp_path, **changes))
    assert str(caught.value).startswith(sentence)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"absent\.yaml does not exist: write it, or name another file with -c deli"):
        load_delivery(tmp_path / "absent.yaml")


def test_an_account_of_its_own_needs_the_pipelines(tmp_path: Path) -> None:
    directory = tmp_path / "environments"
    directory.mkdir()
    for name, account in (("dev", ""), ("prod", 'account: "222233334444"\n')):
        (directory / f"{name}.yaml").write_text(account + (CHECKOUT / "environments" / f"{name}.yaml").read_text())
    delivery = load_delivery(written(tmp_path))
    with pytest.raises(SettingError) as caught:
        delivery.environments(directory)
    assert str(caught.value) == (
        "environments/prod.yaml: account is '222233334444', but the delivery has none, and a pipeline must know "
        "both; set account and region in the delivery file."
    )
