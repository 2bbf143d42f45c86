"""What status, doctor, deploy and keeper report about each damage that people do to an environment, and repair.

The keeper redeploys a model, copies a rotated key into the connector, reports drift, and is removed with its stack.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from constructs import Construct

import opensearch_ml as ml
from mlcommons.kinds import KINDS
from mlcommons.watched import Watched
from osml.deploy import drift, secret
from osml.doctor import doctor
from osml.doctor.checks import CHECKS
from osml.doctor.checks.context import Context
from osml.doctor.checks.dimension import dimension
from osml.doctor.checks.model import models
from osml.doctor.checks.objects import objects
from osml.doctor.checks.pipeline import pipelines
from osml.doctor.checks.role_mapping import role_mapping
from osml.doctor.checks.trust import trusted_endpoints
from osml.doctor.finding import Finding
from osml.failure import Failure
from osml.remote.stack_state import stack_states
from osml.status import status
from osml.status.desired import desired
from sandbox import startup
from sandbox.instance import REGION, Instance
from sandbox.models.control import struck
from stacks.knowledge import KnowledgeStack
from stacks.search import SearchStack
from tests.e2e import mishaps
from tests.e2e.conftest import Engine
from tests.e2e.damage import DAMAGES, DELETED, EDITED, TAKEN, UNDEPLOYED, UNSEEN, Damage, snapshot
from tests.e2e.keeper import NAME, STACK, Keeper
from tests.e2e.neighbours import bare_sandbox
from tests.e2e.templates import Deployment
from tests.e2e.ward import Ward
from tests.model_states import undeploy
from tests.waiting import until

SECRET = "osml/kept/deepseek"
# Seconds: a round spends most of its time waiting for an endpoint that is down.
SHORT_ROUND = 45
# The doctor's checks that read the engine.
ENGINE_CHECKS = (role_mapping, trusted_endpoints, models, pipelines, dimension, objects)
QUESTION = "What's the population increase of New York City from 2021 to 2023?"


def add_agent(app: Construct) -> None:
    """Add an agent to the environment's objects, as a team does in an app of its own: no setting makes one."""
    search, knowledge = app.node.find_child(f"osml-{NAME}-search"), app.node.find_child(STACK)
    assert isinstance(search, SearchStack)
    assert isinstance(knowledge, KnowledgeStack)
    model = knowledge.node.find_child("EmbeddingModel")
    assert isinstance(model, ml.MlModel)
    tool = ml.AgentTool("MLModelTool", {"model_id": model.physical_id, "prompt": "Say a word."})
    ml.MlAgent(knowledge, "Planner", target=search.target(knowledge.region, ()), name=f"{NAME}-planner", tools=[tool])


@pytest.fixture(scope="module")
def deployment(local_cloud: Instance, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    directory = tmp_path_factory.mktemp("environments")
    settings = bare_sandbox()
    settings["answer"]["secret"]["name"] = SECRET
    settings["drop"] = {}
    settings["search"]["audit_log"] = True
    # On a busy machine, the tests take longer than the default of 15 minutes: a round would repair what they damage.
    settings["keeper"] = {"minutes": 1440}
    (directory / f"{NAME}.yaml").write_text(yaml.safe_dump(settings))
    key = local_cloud.deepseek_key.read_text()
    secret.put(SECRET, "api_key", key.split()[0], REGION)
    deployment = Deployment(NAME, directory, local_cloud, tmp_path_factory.mktemp("kept"), add_agent)
    try:
        deployment.deploy(edit=mishaps.hurry)
        deployment.ingest()
        yield deployment
    finally:
        deployment.destroy()
        # The destroy leaves the list that a test has written.
        engine("DELETE", f"{mishaps.MAPPINGS}/ml_full_access")
        local_cloud.deepseek_key.write_text(key)
        boto3.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


@pytest.fixture(scope="module")
def keeper(deployment: Deployment) -> Keeper:
    client = boto3.client("cloudformation")
    resources = client.describe_stack_resources(StackName=STACK)["StackResources"]
    ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    (function,) = (
        resource["PhysicalResourceId"] for resource in resources if resource["ResourceType"] == "AWS::Lambda::Function"
    )
    (group,) = (ids[name] for name in ids if name.startswith("KeeperLog"))
    return Keeper(function, group)


@pytest.fixture(scope="module")
def context(ward: Ward) -> Context:
    """What the doctor has read of the stacks."""
    return Context(ward.deployment.place)


@pytest.fixture(scope="module")
def ward(deployment: Deployment, engine: Engine, local_cloud: Instance) -> Ward:
    return Ward(deployment, engine, local_cloud)


def test_where_all_is_well_it_writes_nothing(keeper: Keeper, engine: Engine) -> None:
    engine.unwritten(lambda: keeper.call() == {})


def test_a_model_that_was_undeployed_answers_again(keeper: Keeper, deployment: Deployment, engine: Engine) -> None:
    model_id = deployment.outputs("knowledge")["AnswerModelId"]
    with engine.without_sync():
        undeploy(engine, model_id)
        assert keeper.call() == {"Healed": 1}
        assert engine("GET", f"/_plugins/_ml/models/{model_id}")["model_state"] == "DEPLOYED"
        assert keeper.measured("Healed") == 1


def test_a_new_key_is_at_work_before_the_old_one_is_refused(
    keeper: Keeper, deployment: Deployment, local_cloud: Instance
) -> None:
    old, new = local_cloud.deepseek_key.read_text().split()[0], "sk-rotated-0123456789abcdef"
    calls = len(keeper.calls())
    local_cloud.deepseek_key.write_text(f"{old}\n{new}\n")
    client = boto3.client("secretsmanager")
    client.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"api_key": new}))
    until("the line of the round", keeper.calls, lambda lines: len(lines) > calls)
    local_cloud.deepseek_key.write_text(f"{new}\n")
    assert "18,937,000" in str(deployment.ask(QUESTION).answer)
    request = keeper.calls()[-1]["request"]
    renewed = [line for line in keeper.lines() if line["request"] == request and line.get("finding") == "Renewed"]
    assert [line["about"].startswith("Connector AnswerConnector") for line in renewed] == [True]
    assert keeper.call() == {}
    assert not [line for line in keeper.lines() if new in json.dumps(line) or old in json.dumps(line)]


def test_a_refused_key_fires_the_alarm(keeper: Keeper, deployment: Deployment, local_cloud: Instance) -> None:
    right = local_cloud.deepseek_key.read_text()
    local_cloud.deepseek_key.write_text("sk-another-0123456789abcdef\n")
    try:
        assert keeper.call() == {"Unhealed": 1}
    finally:
        local_cloud.deepseek_key.write_text(right)

    def unhealed() -> list[str]:
        alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
        return [alarm["StateValue"] for alarm in alarms if alarm["MetricName"] == "Unhealed"]

    until("the alarm", unhealed, ["ALARM"].__eq__)
    assert keeper.measured("Unhealed") == 1
    assert keeper.call() == {}


def test_an_endpoint_that_stays_down_is_reported_until_it_answers(
    keeper: Keeper, deployment: Deployment, local_cloud: Instance
) -> None:
    boto3.client("lambda").update_function_configuration(FunctionName=keeper.function, Timeout=SHORT_ROUND)
    with struck(startup.settings(local_cloud)["models_url"], "deepseek", fail=1.0, fail_status=503):
        assert keeper.call() == {"Unhealed": 1}
        line = next(line for line in reversed(keeper.lines()) if line.get("finding") == "Unhealed")
        assert line["about"].startswith("Model AnswerModel")
        assert "503" in line["why"]
    assert keeper.call() == {}
    assert "18,937,000" in str(deployment.ask(QUESTION).answer)


def test_the_table_has_every_kind_and_every_stack(ward: Ward, context: Context) -> None:
    made = context.watched
    for how in (DELETED, EDITED):
        rows = [row for row in DAMAGES if row.how == how]
        assert {row.kind for row in rows} == {resource.kind for resource in made} == set(KINDS)
    assert {row.of(made).owner.stack for row in DAMAGES} == {resource.owner.stack for resource in made}
    # Our part of a shared list has no mark of its own that somebody could overwrite.
    shared = {"RoleMapping", "TrustedEndpoints"}
    assert {row.kind for row in DAMAGES if row.how == TAKEN} == set(KINDS) - shared


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_the_doctor_names_each_damage_and_its_fix(ward: Ward, context: Context, damage: Damage) -> None:
    resource = damage.of(context.watched)
    undo = snapshot(ward, resource)
    try:
        damage.hand(ward, resource)
        newest = last(ward, context)
    finally:
        undo()
    assert newest.complaint == damage.complaint, newest
    assert damage.complaint is None or "--repair`" in str(newest.fix)


@pytest.mark.parametrize("how", [DELETED, EDITED])
def test_status_deploy_and_keeper_name_the_same_objects_and_a_repair_restores_them(
    ward: Ward, keeper: Keeper, how: str
) -> None:
    context = Context(ward.deployment.place)
    rows = [row for row in DAMAGES if row.how == how]
    broken = {row: row.of(context.watched) for row in rows}
    for row, resource in broken.items():
        row.hand(ward, resource)
    seen = status.look(ward.deployment.place)
    assert not seen.is_healthy
    states = {(resource.owner, resource.id): resource.state for resource in seen.resources}
    assert {str(row): states[resource.owner, resource.id] for row, resource in broken.items()} == {
        str(row): row.state or UNSEEN for row in rows
    }
    drifted = keeper.subjects("Drifted")
    assert {str(row): str(resource) in drifted for row, resource in broken.items()} == {str(row): True for row in rows}
    mishaps.replace_mappings(ward)
    assert status.look(ward.deployment.place).locked_out
    [sentence] = drift.drifted(ward.deployment.place)
    assert "--repair" in sentence
    assert last(ward, context).complaint == "role-mapping-missing"
    repair(ward)
    assert drift.drifted(ward.deployment.place) == []
    assert keeper.subjects("Drifted") == []
    # With the default list in effect, our entry in the trusted endpoints is not needed.
    ward.engine("PUT", mishaps.SETTINGS, {"persistent": {mishaps.TRUSTED: None}})
    assert drift.drifted(ward.deployment.place) == []
    ward.deployment.ingest()
    assert "18,937,000" in str(ward.deployment.ask(QUESTION).answer)


def test_every_command_reports_objects_with_a_foreign_mark_and_changes_none(ward: Ward, keeper: Keeper) -> None:
    rows = [row for row in DAMAGES if row.how == TAKEN]
    broken = {row: row.of(made(ward)) for row in rows}
    ways = [snapshot(ward, resource) for resource in broken.values()]
    for row, resource in broken.items():
        row.hand(ward, resource)
    try:
        seen = status.look(ward.deployment.place)
        states = {(resource.owner, resource.id): resource.state for resource in seen.resources}
        assert {str(row): states[resource.owner, resource.id] for row, resource in broken.items()} == {
            str(row): row.state or UNSEEN for row in rows
        }
        with pytest.raises(Failure, match="did not start: ") as refused:
            drift.require_ours(ward.deployment.place)
        assert {str(row): resource.id in str(refused.value) for row, resource in broken.items() if row.state} == {
            str(row): True for row in rows if row.state
        }
        drifted = keeper.subjects("Drifted")
        assert {str(row): str(resource) in drifted for row, resource in broken.items()} == {
            str(row): True for row in rows
        }
    finally:
        for undo in ways:
            undo()
    assert keeper.call() == {}


def test_an_undeployed_model_is_named_by_status_and_deploy_and_healed_by_either(ward: Ward, keeper: Keeper) -> None:
    (row,) = (damage for damage in DAMAGES if damage.how == UNDEPLOYED)
    resource = row.of(made(ward))
    undo = snapshot(ward, resource)
    try:
        for heal in (lambda: repair(ward), lambda: keeper.subjects("Healed")):
            row.hand(ward, resource)
            [sentence] = drift.drifted(ward.deployment.place)
            assert sentence.startswith(f"Model {resource.owner.logical_id} ({resource.id}) is not deployed")
            heal()
            assert drift.drifted(ward.deployment.place) == []
    finally:
        undo()


def made(ward: Ward) -> list[Watched]:
    """The objects of the environment, read again: a repair gives some of them other ids."""
    session = boto3.Session()
    return desired(session, stack_states(session, ward.deployment.place))


def last(ward: Ward, context: Context) -> Finding:
    """The last finding of the doctor's engine checks; stacks and keys are read only once, in `context`."""
    again = Context(ward.deployment.place)
    again.__dict__.update({name: getattr(context, name) for name in ("session", "stacks", "watched", "domain")})
    checks = [check for check in CHECKS if check.look in ENGINE_CHECKS]
    return list(doctor.examine(ward.deployment.place, checks, again))[-1]


def repair(ward: Ward) -> None:
    """Repair as `osml deploy --repair` does."""
    name, _, value = drift.mending()[1].partition("=")
    ward.deployment.deploy("knowledge", "ingestion", context={name: value}, edit=mishaps.hurry)


def test_it_is_called_on_schedule_and_on_rotation_and_goes_with_its_stack(
    keeper: Keeper, deployment: Deployment, tmp_path: Path
) -> None:
    client: Any = boto3.client("events")
    rules = client.list_rules()["Rules"]
    assert sorted(rule.get("ScheduleExpression", "") for rule in rules) == ["", "rate(1 day)"]
    for rule in rules:
        (target,) = client.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        assert target["Arn"].endswith(f":{keeper.function}")
    parameters = boto3.client("ssm").get_parameters_by_path(Path=f"/osml/{STACK}")["Parameters"]
    assert {json.loads(parameter["Value"])["kind"] for parameter in parameters} >= {"Connector", "Model", "Index"}
    deployment.destroy()
    assert client.list_rules()["Rules"] == []
    assert boto3.client("ssm").get_parameters_by_path(Path=f"/osml/{STACK}")["Parameters"] == []
    assert keeper.function not in [
        function["FunctionName"] for function in boto3.client("lambda").list_functions()["Functions"]
    ]
    assert boto3.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
