"""The construct library as others use it: its exports, the examples in its docstrings, grants, metrics, tokens."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.shown.blocks import blocks

LIBRARY = Path(__file__).resolve().parents[2] / "constructs" / "opensearch_ml"


def _exported() -> dict[str, str | None]:
    """The docstring of each name that the library exports, read from its text: to import the CDK takes seconds."""
    docstrings: dict[str, str | None] = {}
    for node in ast.parse((LIBRARY / "__init__.py").read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            module = ast.parse((LIBRARY.parent / Path(*node.module.split("."))).with_suffix(".py").read_text())
            definitions = {
                definition.name: ast.get_docstring(definition)
                for definition in module.body
                if isinstance(definition, ast.ClassDef | ast.FunctionDef)
            }
            docstrings |= {alias.name: definitions[alias.name] for alias in node.names}
    return docstrings


EXPORTED = _exported()
WITH_EXAMPLE = sorted(name for name, docstring in EXPORTED.items() if "Example::" in (docstring or ""))


@pytest.fixture
def world() -> SimpleNamespace:
    """The objects that the examples use, and a fresh `stack`; the domain's endpoint is known only at deploy time."""
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam

    import opensearch_ml as ml

    app = cdk.App(context={"aws:cdk:bundling-stacks": []})
    before = cdk.Stack(app, "before")
    engine = ml.SearchEngine(
        cdk.Fn.import_value("endpoint"), domain_arn=cdk.Fn.import_value("domain-arn"), admin_role=None
    )
    embedding = ml.titan_embedding()
    provisioner = ml.Provisioner(before, "Provisioner")
    role = ml.ConnectorRole(before, "Role", domain_arn=str(engine.domain_arn), provider=embedding)
    target = ml.Target(endpoint=engine.endpoint, region=before.region, provisioner=provisioner)
    connector = ml.MlConnector(before, "Connector", target=target, name="e", provider=embedding, role=role)
    group = ml.MlModelGroup(before, "Group", target=target, name="e")
    model = ml.MlModel(
        before, "Model", target=target, name="e", group=group, connector=connector, probe=embedding.probe
    )
    pipeline = ml.IngestPipeline(before, "Pipeline", target=target, name="e", model=model)
    secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:search/keys-AbCdEf"
    return SimpleNamespace(
        ml=ml,
        cdk=cdk,
        iam=iam,
        app=app,
        stack=cdk.Stack(app, "stack"),
        engine=engine,
        embedding=embedding,
        provisioner=provisioner,
        role=role,
        target=target,
        connector=connector,
        group=group,
        model=model,
        pipeline=pipeline,
        login=ml.SecretKeys(secret, {"username": "username", "password": "password"}),
        model_keys=ml.SecretKeys(secret, {"access_key": "access_key", "secret_key": "secret_key"}),
    )


@pytest.fixture
def template(world: SimpleNamespace) -> Callable[[], dict[str, Any]]:
    """The template of `stack` as it is now."""

    def synthesize() -> dict[str, Any]:
        template: dict[str, Any] = world.app.synth().get_stack_by_name("stack").template
        return template

    return synthesize


def example_of(subject: Any) -> str:
    """The code after `Example::` in a docstring."""
    _, _, code = inspect.cleandoc(subject.__doc__ or "").partition("Example::\n")
    return textwrap.dedent(code)


def test_every_exported_name_has_a_docstring() -> None:
    assert [name for name, docstring in EXPORTED.items() if not docstring] == []


def test_every_construct_has_an_example() -> None:
    from constructs import Construct

    import opensearch_ml as ml

    classes = {name: getattr(ml, name) for name in EXPORTED if inspect.isclass(getattr(ml, name))}
    assert sorted(name for name, made in classes.items() if issubclass(made, Construct)) == WITH_EXAMPLE


@pytest.mark.parametrize("name", WITH_EXAMPLE)
def test_the_example_works(world: SimpleNamespace, template: Callable[[], dict[str, Any]], name: str) -> None:
    code = example_of(getattr(world.ml, name))
    assert f"ml.{name}" in code
    exec(compile(code, name, "exec"), dict(vars(world)))  # noqa: S102 the library's own docstrings
    assert template() is not None


def test_the_programs_of_the_documents_work(world: SimpleNamespace) -> None:
    """That of the library's README first; the others continue it, with objects that it has not."""
    first, *others = (block for block in blocks("python") if "ml." in block.text)
    assert (first.page, len(others)) == ("constructs/README.md", 1)
    scope: dict[str, Any] = {"app": world.app}
    exec(compile(first.text.replace("cdk.App()", "app"), str(first), "exec"), scope)  # noqa: S102
    ml, stack = world.ml, scope["stack"]
    secret = ml.ModelSecret(stack, "Secret", name="search/deepseek")
    planning = ml.deepseek_chat(secret)
    role = ml.ConnectorRole(stack, "PlanningRole", domain_arn=scope["domain"].arn, provider=planning)
    scope |= {"secret": secret, "planning_role": role}
    for block in others:
        exec(compile(block.text, str(block), "exec"), scope)  # noqa: S102
    resources = world.app.synth().get_stack_by_name("search").template["Resources"].values()
    types = {resource["Type"] for resource in resources}
    assert {"AWS::OpenSearchService::Domain", "Custom::MlModel", "Custom::MlIndex", "Custom::MlAgent"} <= types


def test_grants_name_their_resource(
    world: SimpleNamespace, template: Callable[[], dict[str, Any]], flat: Callable[[Any], Any]
) -> None:
    ml, iam, stack = world.ml, world.iam, world.stack
    reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    domain = ml.SearchDomain(stack, "Domain", name="articles", master=world.provisioner.role)
    domain.grant_search(reader)
    domain.grant_ingest(reader)
    ml.EmbeddingEndpoint.from_endpoint_name(stack, "Embedding", "MiniLM").grant_invoke(reader)
    ml.AnswerEndpoint(stack, "Answer", name="R1").grant_invoke(reader)
    ml.ModelSecret.from_secret_name(stack, "Secret", "search/key").grant_read(reader)
    policies = [resource for resource in template()["Resources"].values() if resource["Type"] == "AWS::IAM::Policy"]
    granted = {
        resource.split(":", 5)[-1] if not resource.startswith("<") else resource
        for policy in policies
        for statement in flat(policy["Properties"]["PolicyDocument"]["Statement"])
        for resource in ([statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"])
    }
    text = " ".join(sorted(granted))
    on_the_domain = [f"domain/articles/{path}" for path in ("*/_search", "_bulk", "*/_bulk", "*/_doc/*")]
    for expected in (*on_the_domain, "endpoint/minilm", "endpoint/r1", "secret:search/key-??????"):
        assert expected in text
    assert "*" not in granted


def test_metrics_are_of_their_resource(world: SimpleNamespace) -> None:
    ml, stack = world.ml, world.stack
    endpoint = ml.EmbeddingEndpoint.from_endpoint_name(stack, "Embedding", "MiniLM")
    metric = endpoint.metric_invocations()
    assert (metric.namespace, metric.metric_name, metric.statistic) == ("AWS/SageMaker", "Invocations", "Sum")
    assert metric.dimensions["EndpointName"] == "MiniLM"
    latency = endpoint.metric_model_latency()
    assert (latency.namespace, latency.metric_name, latency.statistic) == ("AWS/SageMaker", "ModelLatency", "Average")
    domain = ml.SearchDomain(stack, "Domain", name="articles", master=world.provisioner.role)
    latency = domain.metric_search_latency()
    assert (latency.namespace, latency.statistic) == ("AWS/ES", "p99")
    assert world.provisioner.metric_errors().namespace == "AWS/Lambda"


def test_a_domain_of_another_team_is_a_target(world: SimpleNamespace, flat: Callable[[Any], Any]) -> None:
    from aws_cdk import aws_opensearchservice as opensearch

    theirs = opensearch.Domain.from_domain_attributes(
        world.stack,
        "Theirs",
        domain_arn=world.cdk.Fn.import_value("their-arn"),
        domain_endpoint=world.cdk.Fn.import_value("their-endpoint"),
    )
    engine = world.ml.SearchEngine.from_domain(theirs)
    assert "their-endpoint" in json.dumps(world.stack.resolve(engine.endpoint))
    assert "their-arn" in json.dumps(world.stack.resolve(engine.domain_arn))


def test_names_may_be_known_only_at_deploy_time(world: SimpleNamespace, template: Callable[[], dict[str, Any]]) -> None:
    """No token may be cut, escaped or lower-cased on its way into a template."""
    ml, cdk, stack, target = world.ml, world.cdk, world.stack, world.target

    def late(name: str) -> str:
        return str(cdk.CfnParameter(stack, name).value_as_string)

    domain = ml.SearchDomain(stack, "Domain", name=late("DomainName"), master=world.provisioner.role)
    ml.Provisioner(stack, "Provisioner").allow_requests(late("DomainArn"))
    endpoint = ml.EmbeddingEndpoint(stack, "Embedding", name=late("EndpointName"))
    embedding = ml.sagemaker_embedding(endpoint)
    answering = ml.AnswerEndpoint(stack, "Answering", name=late("AnswerName"))
    secret = ml.ModelSecret.from_secret_arn(stack, "Secret", late("SecretArn"))
    answers = [
        ml.deepseek_sagemaker(answering, temperature=0.6, top_p=0.95, max_tokens=100),
        ml.deepseek_chat(secret, model=late("Model")),
        ml.deepseek_bedrock(ml.BedrockAnswerModel(late("Imported")), imported=True),
    ]
    for number, provider in enumerate([embedding, ml.titan_embedding(region=late("Region")), *answers]):
        role = ml.ConnectorRole(stack, f"Role{number}", domain_arn=late(f"Arn{number}"), provider=provider)
        ml.MlConnector(
            stack, f"Connector{number}", target=target, name=late(f"N{number}"), provider=provider, role=role
        )
    ml.RoleMapping(stack, "Access", target=target, role="ml_full_access", backend_roles=[late("Backend")])
    ml.TrustedEndpoints(stack, "Trusted", target=target, patterns=[late("Pattern")])
    ml.VectorIndex(
        stack,
        "Index",
        target=target,
        name=late("IndexName"),
        text_field="text",
        dimension=384,
        pipeline=world.pipeline,
        model=world.model,
        provider=embedding,
    )
    assert domain.endpoint
    made = template()
    text = json.dumps({part: value for part, value in made.items() if part not in ("Parameters", "Rules")}).casefold()
    assert "token[" not in text
    used = set(re.findall(r'"ref": "(\w+)"', text))
    late_names = {name.casefold() for name in made["Parameters"] if name != "BootstrapVersion"}
    assert late_names - used == set()


def test_wildcards_are_acknowledged_as_cdk_nag_names_them(world: SimpleNamespace) -> None:
    from aws_cdk import Validations
    from cdk_nag import AwsSolutionsChecks

    cdk, iam, stack = world.cdk, world.iam, world.stack
    from opensearch_ml.engine.acknowledge import acknowledge_wildcards

    parameter = cdk.CfnParameter(stack, "Parameter").value_as_string
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    wild = [
        f"{arn}/*"
        for arn in (
            cdk.Fn.import_value(f"arn-{cdk.Aws.REGION}"),
            cdk.Fn.select(0, cdk.Fn.split("|", parameter)),
            parameter,
            role.role_arn,
        )
    ]
    policy = iam.Policy(stack, "Policy", roles=[role])
    policy.add_statements(iam.PolicyStatement(actions=["s3:GetObject"], resources=wild))
    acknowledge_wildcards(policy, wild[1:], "Only for this test.")
    Validations.of(stack).add_plugins(AwsSolutionsChecks(stack))
    with pytest.raises(RuntimeError) as caught:
        world.app.synth()
    matches = re.findall(r"AwsSolutions-IAM5\[(.*?)\]'", str(caught.value))
    assert matches == ["Resource::arn-<AWS::Region>/*"]
    acknowledge_wildcards(policy, wild[:1], "Only for this test.")
    world.app.synth(force=True)
