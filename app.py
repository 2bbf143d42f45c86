#!/usr/bin/env python3
"""The app: one environment, `-c env=<name>`, out of `environments/`, as the stacks of its recipe.

With `-c delivery=delivery.yaml` it is the pipeline that delivers several of them instead.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks
from jsii.errors import JavaScriptError, JSIIError

from osml.place import CHECKOUT, environments
from settings import SettingError, load
from settings.delivery import load_delivery
from stacks.environment_stacks import environment_stacks
from stacks.findings import findings

DEFAULT = "sandbox"


def build(app: App, directory: Path | None = None) -> None:
    """Wire the stacks of the environment named by the context `env` into `app`.

    `directory` is `environments()` unless given. Raises SettingError for an environment that is wrong or not there.
    """
    directory = directory or environments()
    named = app.node.try_get_context("env")
    environment = load(DEFAULT if named is None else str(named), directory)
    with _refusing(_shown(directory, environment.name)):
        environment_stacks(app, environment)
    Tags.of(app).add("app", "osml")
    Tags.of(app).add("environment", environment.name)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def build_delivery(app: App, file: str, directory: Path | None = None) -> None:
    """Wire the pipeline of the delivery `file`, a path from the checkout, and the environments it delivers.

    `directory` is `environments()` unless given. Raises SettingError for a file or an environment that is wrong.
    """
    from stacks.delivery import DeliveryStack  # nobody else waits for CodePipeline's classes, a quarter of the start

    if not file:
        raise SettingError("-c delivery= names no file: name one, such as -c delivery=delivery.yaml, or leave it out.")
    delivery = load_delivery(CHECKOUT / file)
    stages = delivery.environments(directory or environments())
    with _refusing(file):
        DeliveryStack(app, delivery, stages, file=file)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def _shown(directory: Path, name: object) -> str:
    return f"{directory.name}/{name}.yaml"


@contextmanager
def _refusing(shown: str) -> Iterator[None]:
    """An error of the construct library or of the AWS CDK is one of the settings in the file that is `shown`."""
    try:
        yield
    except ValueError as fault:
        raise SettingError(f"{shown}: {str(fault).rstrip('.')}.") from fault
    except (RuntimeError, JSIIError) as fault:
        # jsii turns every error of the CDK into one of these, with the one of JavaScript as its cause.
        if not isinstance(fault.__cause__, JavaScriptError):
            raise
        said = re.sub(r"^(\w*Error: )+", "", " ".join(str(fault).partition("\n")[0].split())).rstrip(".")
        raise SettingError(f"{shown}: the AWS CDK refuses what is set ({said}); change the setting of that.") from fault


def _synthesized(app: App, shown: str) -> None:
    """Write the templates. Raises SettingError with the first thing that the rules over them found."""
    with _refusing(shown):
        try:
            app.synth()
        except RuntimeError as fault:
            # The findings are in the report, which is on stderr unless the CDK command line writes it.
            if "ValidationFailed" not in str(fault):
                raise
        for finding in findings(Path(app.outdir)):
            raise ValueError(finding)


def main() -> int:
    """Synthesize; a wrong setting is one sentence on stderr and exit code 1."""
    app = App()
    delivery, named = app.node.try_get_context("delivery"), app.node.try_get_context("env")
    try:
        if delivery is None:
            build(app)
            _synthesized(app, _shown(environments(), DEFAULT if named is None else named))
        elif named is not None:
            raise SettingError(
                "-c delivery and -c env are both given: a delivery names its environments; leave env out."
            )
        else:
            build_delivery(app, str(delivery))
            _synthesized(app, str(delivery))
    except SettingError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
