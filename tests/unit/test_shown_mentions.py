"""Commands of other programs in running text exist: modules of Python, extras, calls of AWS, and context of the CDK."""

import importlib.util
import re
import shlex
import tomllib

import botocore.session
import pytest
from botocore import xform_name

from tests.shown.blocks import ROOT, Span, spans


def mentioned(beginning: str) -> list[Span]:
    return [span for span in spans() if re.match(beginning, span.text)]


@pytest.mark.parametrize("span", mentioned(r"python -m [a-z]"), ids=lambda span: span.text)
def test_the_module_of_a_command_exists(span: Span) -> None:
    assert importlib.util.find_spec(span.text.split()[2])


@pytest.mark.parametrize("span", mentioned(r"pip install 'osml\["), ids=lambda span: span.text)
def test_the_extra_of_an_installation_exists(span: Span) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"\[(\w+)\]", span.text)) <= extras.keys()


@pytest.mark.parametrize("span", mentioned(r"(npx )?cdk .*-c "), ids=lambda span: span.text)
def test_the_app_reads_the_context_of_a_command(span: Span) -> None:
    names = re.findall(r"-c ([\w:]+)=", span.text)
    sources = "".join(file.read_text() for folder in ("stacks", "constructs") for file in (ROOT / folder).rglob("*.py"))
    known = (ROOT / "app.py").read_text() + sources
    assert names
    assert [name for name in names if f'"{name}"' not in known] == []


# Commands of the AWS CLI that are not calls of an API.
SIGN_IN = ("sso login",)


@pytest.mark.parametrize(
    "span",
    [span for span in mentioned(r"aws \S+ \S") if not span.text.endswith(SIGN_IN)],
    ids=lambda span: span.text,
)
def test_a_call_of_aws_exists_with_its_options(span: Span) -> None:
    _, service, call, *words = shlex.split(span.text)
    model = botocore.session.get_session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    assert call in operations
    shape = model.operation_model(operations[call]).input_shape
    known = {f"--{xform_name(name, '-')}" for name in (shape.members if shape else ())}
    assert {word for word in words if word.startswith("--")} <= known


def test_there_are_such_commands() -> None:
    counts = [len(mentioned(beginning)) for beginning in ("python -m", "pip install 'osml", "npx cdk", "aws ")]
    assert min(counts) > 1
