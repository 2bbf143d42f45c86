"""Environments that share an index or a domain, or that were renamed: a sentence names the setting beforehand."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from osml.deploy.neighbours import clashes, renamed
from settings import Environment, load

ROOT = Path(__file__).resolve().parents[2]
USED = Path(__file__).parent / "files" / "whole" / "used-collection.yaml"
SANDBOX = (ROOT / "environments" / "sandbox.yaml").read_text()
ELSEWHERE = "https://search-theirs.us-east-1.es.amazonaws.com"


@pytest.fixture
def twin(tmp_path: Path) -> Environment:
    """An environment with the settings of another one."""
    for name in ("first", "twin"):
        (tmp_path / f"{name}.yaml").write_text(SANDBOX)
    return load("twin", tmp_path)


@pytest.fixture
def guest(tmp_path: Path) -> Environment:
    """An environment with the settings of another one, on an existing domain."""
    arn = "arn:aws:es:us-east-1:111122223333:domain/theirs"
    search = {"kind": "existing", "endpoint": ELSEWHERE, "domain_arn": arn, "engine_version": "OpenSearch_3.5"}
    settings = yaml.safe_load(SANDBOX) | {"search": search}
    for name in ("first", "twin"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(settings))
    return load("twin", tmp_path)


def stack(name: str, **outputs: str) -> dict[str, Any]:
    stack_outputs = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    return {"StackName": name, "StackStatus": "CREATE_COMPLETE", "Outputs": stack_outputs}


FIRST = stack("osml-first-knowledge", DomainEndpoint=ELSEWHERE, IndexName="passages")


def test_two_environments_with_the_same_index_are_refused(guest: Environment, tmp_path: Path) -> None:
    (said,) = clashes(guest, [FIRST], tmp_path)
    assert "twin.yaml: index.name is 'passages'" in said
    assert "osml-first-knowledge" in said
    assert "first.yaml" in said
    assert "renamed" not in said


def test_two_environments_with_the_same_index_of_a_collection_are_refused(tmp_path: Path) -> None:
    for name in ("first", "twin"):
        (tmp_path / f"{name}.yaml").write_text(USED.read_text())
    twin = load("twin", tmp_path)
    endpoint = "https://abcdefghij0123456789.us-east-1.aoss.amazonaws.com"
    index = "sample-embeddings-dev"
    (said,) = clashes(twin, [stack("osml-first-knowledge", CollectionEndpoint=endpoint, IndexName=index)], tmp_path)
    assert f"index.name is '{index}', but the stack osml-first-knowledge has already created it in the same" in said
    for other in ({"CollectionEndpoint": endpoint, "IndexName": "other"}, {"IndexName": index}):
        assert not list(clashes(twin, [stack("osml-first-knowledge", **other)], tmp_path))


def test_a_renamed_environment_gets_the_way_back(guest: Environment, tmp_path: Path) -> None:
    (tmp_path / "first.yaml").unlink()
    (said,) = clashes(guest, [FIRST], tmp_path)
    assert "first.yaml was renamed to twin.yaml" in said
    assert "osml destroy --env first" in said


def test_stacks_of_another_prefix_are_seen_as_well(guest: Environment, tmp_path: Path) -> None:
    (said,) = clashes(guest, [FIRST | {"StackName": "acme-first-knowledge"}], tmp_path)
    assert "acme-first-knowledge" in said


def test_an_environment_under_a_former_prefix_is_not_deployed_a_second_time(twin: Environment, tmp_path: Path) -> None:
    former = stack("acme-twin-knowledge", DomainEndpoint=ELSEWHERE, IndexName="articles", OperatorRoleArn="arn")
    (said,) = clashes(twin, [former], tmp_path)
    assert "prefix_of('twin') is 'osml-twin'" in said
    assert "acme-twin-knowledge" in said
    others = [former | {"StackName": name} for name in ("osml-acme-twin-knowledge", "acme-twin-database")]
    assert list(clashes(twin, [*others, stack("acme-twin-knowledge")], tmp_path)) == []


def test_a_name_that_begins_alike_is_another_environment(guest: Environment, tmp_path: Path) -> None:
    (said,) = clashes(guest, [FIRST | {"StackName": "osml-twin-2-knowledge"}], tmp_path)
    assert "osml-twin-2-knowledge" in said


def test_a_domain_of_one_name_is_not_made_twice(twin: Environment, tmp_path: Path) -> None:
    (said,) = clashes(twin, [stack("osml-first-search", DomainName=twin.domain_name)], tmp_path)
    assert f"search.name is {twin.domain_name!r}" in said


@pytest.mark.parametrize(
    "other",
    [
        stack("osml-twin-knowledge", DomainEndpoint=ELSEWHERE, IndexName="passages"),
        stack("osml-first-knowledge", DomainEndpoint=ELSEWHERE, IndexName="articles"),
        stack("osml-first-knowledge", IndexName="passages"),
        stack("somebody-elses"),
        FIRST | {"StackStatus": "DELETE_COMPLETE"},
    ],
)
def test_own_stacks_and_other_names_are_no_clash(guest: Environment, tmp_path: Path, other: dict[str, Any]) -> None:
    assert list(clashes(guest, [other], tmp_path)) == []


def test_another_domain_is_another_engine(twin: Environment, tmp_path: Path) -> None:
    assert list(clashes(twin, [FIRST], tmp_path)) == []


def test_an_environment_that_seems_renamed_is_told_before_its_first_deploy(twin: Environment, tmp_path: Path) -> None:
    assert list(renamed(twin, [FIRST], tmp_path)) == []
    (tmp_path / "first.yaml").unlink()
    (said,) = renamed(twin, [FIRST], tmp_path)
    assert "first.yaml was renamed to twin.yaml" in said
    assert "index.name 'passages'" in said
    deployed = stack("osml-twin-knowledge", DomainEndpoint="https://ours", IndexName="passages")
    others = [stack("osml-first-knowledge", IndexName="articles"), stack("somebody-elses", IndexName="passages")]
    assert list(renamed(twin, [FIRST, deployed], tmp_path)) == []
    assert list(renamed(twin, others, tmp_path)) == []


def test_the_prefix_is_written_at_one_place() -> None:
    """Commands, stacks and settings with their own copy of the prefix would not follow a change."""
    files = [file for folder in ("osml", "settings", "stacks") for file in (ROOT / folder).rglob("*.py")]
    assert [file.relative_to(ROOT).as_posix() for file in files if "osml-{" in file.read_text()] == [
        "settings/environment.py"
    ]
