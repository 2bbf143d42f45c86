from io import StringIO

from rich.console import Console

from osml.deploy.cdk_output import shorten

DEPLOYED = """
✨  Synthesis time: 3.2s

osml-dev-search: deploying... [1/2]
osml-dev-search |  1/42 | 4:02:16 PM | CREATE_COMPLETE      | AWS::IAM::Role | Role (Role1)
 ✅  osml-dev-search
 ✅  osml-dev-knowledge (no changes)
 ✅  osml-dev-assistant: destroyed
 ✅  Environment aws://000000000000/us-east-1 bootstrapped.
"""
FAILED = """
osml-dev-search |  1/42 | 4:02:16 PM | CREATE_IN_PROGRESS   | AWS::IAM::Role | Role (Role1)

Failed resources:
osml-dev-search | 4:02:31 PM | CREATE_FAILED | Custom::MlModel | the provider answered 401
"""


def read(text: str) -> tuple[list[str], list[str]]:
    """The lines that are printed, without the seconds, and the returned text."""
    output = StringIO()
    explained = shorten(text.splitlines(keepends=True), Console(file=output))
    return [line.partition(" s  ")[2] for line in output.getvalue().splitlines()], explained


def test_each_stack_that_is_done_has_a_line() -> None:
    assert read(DEPLOYED)[0] == [
        "osml-dev-search is deployed.",
        "osml-dev-knowledge has no changes.",
        "osml-dev-assistant is removed.",
    ]


def test_a_failure_is_explained_by_the_failed_resources() -> None:
    printed, explained = read(FAILED)
    assert printed == []
    assert explained == [
        "Failed resources:",
        "osml-dev-search | 4:02:31 PM | CREATE_FAILED | Custom::MlModel | the provider answered 401",
    ]


def test_without_failed_resources_everything_is_given_back() -> None:
    text = "app.py ended with 1\n✗ search.kind is missing\n"
    assert read(text)[1] == text.splitlines()
