"""Environment files: valid settings, and the sentence for invalid ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings import Environment, SettingError, load
from settings.new_domain import NewDomain

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "environments"
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:osml/sandbox/deepseek-AbCdEf"
SANDBOX = (ENVIRONMENTS / "sandbox.yaml").read_text()


def refused(directory: Path, text: str) -> str:
    (directory / "other.yaml").write_text(text)
    with pytest.raises(SettingError) as caught:
        load("other", directory)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert sentence.startswith(f"{directory.name}/other.yaml")
    return sentence.removeprefix(f"{directory.name}/other.yaml").removeprefix(": ")


@pytest.mark.parametrize("name", ["sandbox", "dev", "qa", "prod"])
def test_shipped_environments_load(name: str) -> None:
    environment = load(name, ENVIRONMENTS)
    assert isinstance(environment, Environment)
    assert (environment.name, environment.prefix, environment.domain_name) == (name, f"osml-{name}", f"osml-{name}")
    assert environment.endpoint_name == f"osml-{name}-embedding"


def test_sandbox_is_small_and_production_is_not() -> None:
    sandbox, prod = load("sandbox", ENVIRONMENTS), load("prod", ENVIRONMENTS)
    assert (sandbox.search.vector_engine, sandbox.search.removal) == ("lucene", "destroy")
    assert (prod.search.vector_engine, prod.search.removal) == ("faiss", "retain")
    assert isinstance(prod.search, NewDomain)
    assert prod.search.dedicated_masters is not None
    assert (prod.search.data_nodes.count, prod.search.dedicated_masters.count) == (3, 3)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "vector_engine: lucene",
            "vectorengine: lucene",
            "search.vectorengine is not a setting; the nearest one is search.vector_engine.",
        ),
        (
            "timeouts:",
            "timeout:",
            "timeout is not a setting; the nearest one is timeouts.",
        ),
        (
            "vector_engine: lucene",
            "vector_engine: nmslib",
            "search.vector_engine is 'nmslib', but can be 'faiss' or 'lucene' only; set one of them.",
        ),
        ("count: 1}", "count: 0}", "search.data_nodes.count is 0, but must be 1 or more; set 1 or more."),
        (
            "count: 1}",
            "count: one}",
            "search.data_nodes.count is 'one', but must be a whole number; correct it.",
        ),
        ("dimension: 384", "", "embedding.dimension is missing; add it."),
        ("recipe: deepseek-api", "", "recipe is missing; add it, for example deepseek-api."),
        (
            "dimension: 384",
            "dimension: 512",
            "embedding: dimension is 512, but sentence-transformers/all-MiniLM-L6-v2 makes vectors of 384; set 384.",
        ),
        (
            "shape: inputs",
            "shape: array",
            "embedding: shape is 'array', but the new container accepts 'inputs'; set inputs.",
        ),
        (
            "OpenSearch_3.5",
            "OpenSearch_2.13",
            "search.engine_version is 'OpenSearch_2.13', which reads a connector's time limit in "
            "seconds as milliseconds, so no model could answer in time; set OpenSearch_2.15 or later.",
        ),
        (
            "OpenSearch_3.5",
            "OpenSearch_2.15",
            "search.engine_version: batches in the text_embedding processor need OpenSearch 2.17 or later; "
            "set OpenSearch_2.17.",
        ),
        (
            "OpenSearch_3.5",
            "3.3",
            "search.engine_version is 3.3, but must be a text; correct it, for example OpenSearch_3.5.",
        ),
        (
            "OpenSearch_3.5",
            "Elasticsearch_7.10",
            "search.engine_version is 'Elasticsearch_7.10', but must look like OpenSearch_3.5.",
        ),
        (
            "OpenSearch_3.5\n  vector_engine: lucene",
            "OpenSearch_2.17\n  vector_engine: faiss",
            "index.space_type is 'cosinesimil', which faiss has since OpenSearch 2.19, but search.engine_version is "
            "'OpenSearch_2.17'; set search.engine_version to OpenSearch_2.19 or later, or index.space_type to "
            "innerproduct.",
        ),
        (
            "provisioning: 300",
            "provisioning: 100",
            "timeouts: provisioning is 100, but a model call may take 60 (answer) and is tried twice; "
            "set provisioning to 120 or more, or answer to less.",
        ),
        (
            "name: passages",
            "name: passages\n  replicas: 1",
            "index.replicas is 1, which needs 2 data nodes, but search.data_nodes.count is 1; "
            "set index.replicas to at most 0.",
        ),
        (
            "removal: destroy",
            "removal: destroy\n  availability_zones: 2",
            "search: data_nodes.count 1 does not fill availability_zones 2 evenly; set count to a multiple of it.",
        ),
        (
            "removal: destroy",
            "removal: destroy\n  dedicated_masters: {instance_type: m7g.large.search, count: 2}",
            "search.dedicated_masters: a count of 2 cannot form a quorum; set count to 3 or 5, or leave "
            "dedicated_masters out.",
        ),
        (
            "removal: destroy",
            "removal: destroy\n  admins: [somebody]",
            "search.admins.0 is 'somebody', but must look like arn:aws:iam::111122223333:role/Team.",
        ),
        (
            "recipe: deepseek-api\n",
            "recipe: deepseek-api\naccount: 111122223333\n",
            'account is 111122223333, but must be a text; put it in quotes, for example "111122223333".',
        ),
        (
            "index:\n",
            "index:\n  text_field: embedding\n",
            "index: text_field and embedding_field are both 'embedding'; give each a field of its own.",
        ),
        ("index:\n", "index:\n  name: docs\n", " is not YAML in line 24: 'name' is set twice; correct that line."),
        (SANDBOX, "- a\n- b\n", "holds no settings; start with the line 'recipe: deepseek-api'."),
        (
            SANDBOX,
            "a: [\n",
            " is not YAML in line 2: expected the node content, but found '<stream end>'; correct that line.",
        ),
        (
            "recipe: deepseek-api",
            "recipe: deepseek-api\nname: other",
            "name is not a setting: the file's name is the environment's; remove the line.",
        ),
        (
            "key: api_key}",
            f"key: api_key, create: true, arn: '{SECRET_ARN}'}}",
            "answer.secret: create is true, but arn names a secret that exists; leave one of them out.",
        ),
    ],
)
def test_wrong_settings(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    assert before in SANDBOX
    assert refused(tmp_path, SANDBOX.replace(before, after, 1)) == sentence


@pytest.mark.parametrize(("setting", "minutes"), [("off", None), ("{}", 15), ("{minutes: 60}", 60)])
def test_the_keeper_is_there_unless_it_is_off(tmp_path: Path, setting: str, minutes: int | None) -> None:
    (tmp_path / "other.yaml").write_text(f"{SANDBOX}keeper: {setting}\n")
    keeper = load("other", tmp_path).keeper
    assert (keeper and keeper.minutes) == minutes


def test_a_keeper_that_is_merely_on_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, f"{SANDBOX}keeper: on\n").startswith("keeper is True")


def test_a_key_in_the_place_of_its_name_is_not_repeated(tmp_path: Path) -> None:
    pasted = "sk-0123456789 abcdef"
    for before in ("name: osml/sandbox/deepseek", "key: api_key"):
        setting = before.split(":", 1)[0]
        sentence = refused(tmp_path, SANDBOX.replace(before, f"{setting}: '{pasted}'"))
        assert pasted not in sentence
        assert f"answer.secret.{setting} is a value that does not fit" in sentence


def test_unknown_environment_names_the_known(tmp_path: Path) -> None:
    with pytest.raises(
        SettingError, match=r"environments/stage\.yaml does not exist: choose one of dev, prod, qa, sand"
    ):
        load("stage", ENVIRONMENTS)
    with pytest.raises(SettingError, match=r"'\.\./x' cannot name an environment"):
        load("../x", ENVIRONMENTS)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=4))
def test_any_value_of_any_kind_is_one_sentence(value: object) -> None:
    from pydantic import ValidationError

    from settings.sentence import sentence

    for setting in ("recipe", "account", "search", "embedding", "index", "timeouts"):
        settings = {"name": "other", "recipe": "deepseek-api", setting: value}
        with pytest.raises(ValidationError) as caught:
            Environment.model_validate(settings)
        said = sentence(caught.value, Environment)
        assert said
        assert "\n" not in said


@pytest.mark.thorough
def test_reading_settings_needs_neither_cdk_nor_boto3() -> None:
    code = "import sys, settings; print(sorted({'aws_cdk', 'boto3', 'botocore'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
