"""Synthesized templates. Only fixtures import aws_cdk, so that one jsii process serves the session."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

CONNECTION = "arn:aws:codeconnections:us-east-1:111122223333:connection/01234567-89ab-cdef-0123-456789abcdef"
ROOT = Path(__file__).resolve().parents[2]
STACK = r"osml-.+-(search|inference|knowledge|assistant|ingestion)"
Templates = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def acknowledged() -> dict[str, dict[tuple[str, str], bool]]:
    """For each app, by the text of its file: whether cdk-nag finds each acknowledged rule, by construct and rule."""
    return {}


@pytest.fixture(scope="session")
def synthesized(
    acknowledged: dict[str, dict[tuple[str, str], bool]],
) -> Callable[[Any, str, Callable[[], None]], None]:
    """Synthesize an app after its function has built it, and record which acknowledgements cdk-nag needs."""
    from aws_cdk import Validations
    from cdk_nag import AwsSolutionsChecks

    from opensearch_ml.engine import acknowledge

    def run(app: Any, file: str, build: Callable[[], None]) -> None:
        kept: list[tuple[Any, Any]] = []

        class Later:
            """Keeps the acknowledgements back until cdk-nag has checked the app without them."""

            def __init__(self, scope: Any) -> None:
                self.scope = scope

            @classmethod
            def of(cls, scope: Any) -> Later:
                return cls(scope)

            def acknowledge(self, *rules: Any) -> None:
                kept.extend((self.scope, rule) for rule in rules)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(acknowledge, "Validations", Later)
            build()
        resources_by_rule: dict[str, list[str]] = {}
        for violation in AwsSolutionsChecks(app).validate_scope(app).violations:
            resources_by_rule.setdefault(violation.rule_name, []).extend(
                resource.construct_path for resource in violation.violating_resources
            )
        for scope, rule in kept:
            Validations.of(scope).acknowledge(rule)
            path = scope.node.path
            needed = any(item == path or item.startswith(f"{path}/") for item in resources_by_rule.get(rule.id, []))
            # In a pipeline, the stage comes before the stack in the path.
            stack = next((part for part in path.split("/")[::-1] if re.fullmatch(STACK, part)), path.partition("/")[0])
            environment = stack.removeprefix("osml-").rpartition("-")[0] or "delivery"
            where = path[path.index(stack) :]
            key = (where.replace(environment, "*"), rule.id.replace(environment, "*"))
            of_app = acknowledged.setdefault(file, {})
            of_app[key] = of_app.get(key, False) or needed
        app.synth()

    return run


@pytest.fixture(scope="session")
def synthesize(
    tmp_path_factory: pytest.TempPathFactory, synthesized: Callable[[Any, str, Callable[[], None]], None]
) -> Callable[..., Templates]:
    """Synthesize an environment as the CDK CLI does, with its flags, but without bundling the functions.

    Takes the environment's name and, optionally, the directory of its file. Returns templates by stack name; for a file
    that was synthesized before, the same templates, unless `anew`.
    """
    from aws_cdk import App

    from app import build

    flags = json.loads((ROOT / "cdk.json").read_text())["context"]

    made: dict[tuple[str, ...], dict[str, str]] = {}

    def run(
        name: str,
        directory: Path = ROOT / "environments",
        context: Mapping[str, str] | None = None,
        *,
        anew: bool = False,
    ) -> Templates:
        file = directory / f"{name}.yaml"
        key = (name, file.read_text() if file.is_file() else "", json.dumps(context, sort_keys=True))
        if key not in made or anew:
            made[key] = texts(name, directory, context)
        return {stack: json.loads(text) for stack, text in made[key].items()}

    def texts(name: str, directory: Path, context: Mapping[str, str] | None) -> dict[str, str]:
        outdir = tmp_path_factory.mktemp(name)
        app = App(outdir=str(outdir), context={**flags, **(context or {}), "env": name, "aws:cdk:bundling-stacks": []})
        synthesized(app, (directory / f"{name}.yaml").read_text(), lambda: build(app, directory))
        files = sorted(outdir.glob("*.template.json"))
        return {file.name.removesuffix(".template.json"): file.read_text() for file in files}

    return run


@pytest.fixture(scope="session")
def templates(synthesize: Callable[..., Templates]) -> Callable[[str], Templates]:
    """The templates of an environment, synthesized once in a session."""
    made: dict[str, Templates] = {}

    def get(name: str) -> Templates:
        if name not in made:
            made[name] = synthesize(name)
        return made[name]

    return get


@pytest.fixture(scope="session")
def deliver(
    tmp_path_factory: pytest.TempPathFactory, synthesized: Callable[[Any, str, Callable[[], None]], None]
) -> Callable[..., Templates]:
    """Synthesize a delivery file; returns templates by stack name, including those of the stages."""
    from aws_cdk import App

    from app import build_delivery

    flags = json.loads((ROOT / "cdk.json").read_text())["context"]

    def run(file: str, directory: Path = ROOT / "environments") -> Templates:
        outdir = tmp_path_factory.mktemp("delivery")
        app = App(outdir=str(outdir), context={**flags, "aws:cdk:bundling-stacks": []})
        synthesized(app, Path(ROOT, file).read_text(), lambda: build_delivery(app, file, directory))
        templates = {}
        for manifest in outdir.rglob("manifest.json"):
            for id, artifact in json.loads(manifest.read_text())["artifacts"].items():
                if artifact["type"] == "aws:cloudformation:stack":
                    properties = artifact["properties"]
                    text = (manifest.parent / properties["templateFile"]).read_text()
                    templates[properties.get("stackName", id)] = json.loads(text)
        return templates

    return run


@pytest.fixture(scope="session")
def delivered(deliver: Callable[..., Templates]) -> Templates:
    """The delivery of this repository."""
    return deliver("delivery.yaml")


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, deliver: Callable[..., Templates]) -> Templates:
    """A delivery from a connection into another account and region."""
    folder = tmp_path_factory.mktemp("elsewhere")
    settings = {
        "account": "111122223333",
        "region": "us-east-1",
        "source": {"connection": CONNECTION, "repository": "team/osml"},
        "smoke": {
            "question": 'What does "$HOME; exit 0" say?',
            "expect": ["it's 42"],
            "answers": {"questions": "our questions.ndjson", "faithfulness": 0.9},
        },
        "stages": [{"environment": "dev"}, {"environment": "prod", "approval": True}],
    }
    (folder / "other.yaml").write_text(yaml.safe_dump(settings))
    (folder / "our questions.ndjson").write_text("")
    directory = folder / "environments"
    directory.mkdir()
    for name in ("dev", "prod"):
        text = (ROOT / "environments" / f"{name}.yaml").read_text()
        where = 'account: "222233334444"\nregion: eu-central-1\n' if name == "prod" else ""
        (directory / f"{name}.yaml").write_text(where + text)
    return deliver(str(folder / "other.yaml"), directory)


@pytest.fixture(scope="session")
def files() -> list[tuple[str, str, str]]:
    """Every environment file here and one of each recipe, as a tuple of its label, its environment and its text."""
    from tests.synth import test_alarms, test_answers, test_recipes

    paths = [*(ROOT / "environments").glob("*.yaml"), *(ROOT / "tests" / "synth" / "environments").glob("*.yaml")]
    return [
        *((path.stem, path.stem, path.read_text()) for path in sorted(paths)),
        *((recipe, test_recipes.ENVIRONMENT, test_recipes.written(recipe)) for recipe in test_recipes.RECIPES),
        *((name, name, test_answers.written(name)) for name in test_answers.RECIPES),
        ("alarms", "dev", test_alarms.written("dev", "team@example.com")),
    ]


@pytest.fixture(scope="session")
def whole(
    files: list[tuple[str, str, str]],
    synthesize: Callable[..., Templates],
    delivered: Templates,
    tmp_path_factory: pytest.TempPathFactory,
) -> Templates:
    """Every template of `files` and of the pipeline, by environment and stack."""
    folder = tmp_path_factory.mktemp("whole")
    made = {"delivery/osml-delivery": delivered["osml-delivery"]}
    for shown, name, text in files:
        (folder / f"{name}.yaml").write_text(text)
        made |= {f"{shown}/{stack}": template for stack, template in synthesize(name, folder).items()}
    return made


@pytest.fixture(scope="session")
def needless(
    files: list[tuple[str, str, str]],
    whole: Templates,
    elsewhere: Templates,
    acknowledged: dict[str, dict[tuple[str, str], bool]],
) -> list[str]:
    """The acknowledgements that cdk-nag needs in no app of `files` and of the two pipelines."""
    assert whole
    assert elsewhere
    texts = {text for _, _, text in files} | {(ROOT / "delivery.yaml").read_text()}
    merged: dict[tuple[str, str], bool] = {}
    for file, of_app in acknowledged.items():
        if file in texts or CONNECTION in file:
            for key, needed in of_app.items():
                merged[key] = merged.get(key, False) or needed
    assert any(merged.values())
    return [f"{rule} on {path}" for (path, rule), needed in merged.items() if not needed]


@pytest.fixture(scope="session")
def every(whole: Templates) -> Templates:
    """Enough of the templates to contain every resource."""
    return distinct(whole)


# Types that no rule of security or of IAM checks, and that differ between environments.
UNREAD = ("AWS::CloudWatch::Dashboard", "AWS::SSM::Parameter", "Custom::")


def distinct(templates: Templates) -> Templates:
    """Enough of the templates to contain every resource that any of them has, apart from the environment's name."""
    held = {
        name: {
            _shape(name.partition("/")[2], resource)
            for resource in template["Resources"].values()
            if not resource["Type"].startswith(UNREAD)
        }
        for name, template in templates.items()
    }
    chosen: Templates = {}
    seen: set[str] = set()
    for name in sorted(held, key=lambda name: (-len(held[name]), name)):
        if held[name] - seen:
            chosen[name] = templates[name]
            seen |= held[name]
    return chosen


def _shape(stack: str, resource: dict[str, Any]) -> str:
    """The resource without the environment's name, hashes of logical ids, and everything that is not a property."""
    environment = stack.removeprefix("osml-").rpartition("-")[0]
    properties = {**resource.get("Properties", {})}
    if resource["Type"] == "AWS::Lambda::Function" and "Environment" in properties:
        properties["Environment"] = sorted(properties["Environment"]["Variables"])
    text = json.dumps([resource["Type"], properties])
    return re.sub(rf"[0-9A-Fa-f]{{8,}}|{environment}|{environment.replace('-', '')}", "", text)


@pytest.fixture(scope="session")
def flat() -> Callable[[Any], Any]:
    """The value with its intrinsic functions as text: `<AWS::Region>`, `<Role.Arn>`, `<import …>`."""

    def flatten(value: Any) -> Any:
        if isinstance(value, list):
            return [flatten(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Ref"}:
            return f"<{value['Ref']}>"
        if set(value) == {"Fn::GetAtt"}:
            return f"<{'.'.join(value['Fn::GetAtt'])}>"
        if set(value) == {"Fn::ImportValue"}:
            return f"<import {value['Fn::ImportValue'].split(':', 1)[1]}>"
        if set(value) == {"Fn::FindInMap"}:
            return f"<map {'.'.join(flatten(value['Fn::FindInMap']))}>"
        if set(value) == {"Fn::Join"}:
            return value["Fn::Join"][0].join(flatten(value["Fn::Join"][1]))
        return {key: flatten(value) for key, value in value.items()}

    return flatten


@pytest.fixture(scope="session")
def of_type() -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """The resources of a template whose type begins with a text, by logical id."""

    def pick(template: dict[str, Any], type_prefix: str) -> dict[str, Any]:
        return {
            name: resource
            for name, resource in template["Resources"].items()
            if resource["Type"].startswith(type_prefix)
        }

    return pick


@pytest.fixture(scope="session")
def cfn_lint() -> Callable[..., str]:
    """The findings of cfn-lint in templates, each group a dict by stack name; empty when there are none.

    One runner serves the session, because each process of cfn-lint reads its schemas again, which takes seconds. A
    template without findings is not checked twice, nor is one that differs from it only in the environment's name: many
    recipes share their search stack. Always ignored: W3005, because CDK writes a DependsOn where a reference would be
    enough; W6001, because the command line reads all it needs from the knowledge stack, so two outputs pass on what the
    search stack exports.
    """
    from cfnlint.config import ConfigMixIn
    from cfnlint.decode.decode import decode_str
    from cfnlint.runner import Runner

    clean: set[tuple[str, ...]] = set()
    runners: dict[tuple[str, ...], Runner] = {}

    def lint(groups: Iterable[Templates], *ignored: str) -> str:
        shown = {
            (_nameless(name, template), *ignored): (name, template)
            for group in groups
            for name, template in group.items()
        }
        assert shown
        if ignored not in runners:
            runners[ignored] = Runner(ConfigMixIn(regions=["us-east-1"], ignore_checks=["W3005", "W6001", *ignored]))
        said = []
        for key, (name, template) in shown.items():
            if key in clean:
                continue
            decoded, errors = decode_str(json.dumps(template))
            matches = errors or list(runners[ignored].validate_template(decoded))
            said += [f"{name}: {match}" for match in matches]
            if not matches:
                clean.add(key)
        return "\n".join(said)

    return lint


def _nameless(stack: str, template: dict[str, Any]) -> str:
    """The template as JSON text without its environment's name, for a comparison with others."""
    environment = stack.removeprefix("osml-").rpartition("-")[0]
    return re.sub(rf"\b{re.escape(environment)}\b", "", json.dumps(template)) if environment else json.dumps(template)
