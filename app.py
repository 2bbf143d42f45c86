#!/usr/bin/env python3
"""The CDK app: the stacks of one environment in `environments/`, which `-c env=<name>` names.

With `-c delivery=delivery.yaml` it is instead the pipeline that delivers several environments.
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
    """Add the stacks of the environment that the context value `env` names to `app`.

    `directory` is `environments()` unless given. Raises SettingError for an environment that is wrong or missing.
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
    """Add the pipeline of the delivery `file`, a path in the checkout, and the environments that it delivers to `app`.

    `directory` is `environments()` unless given. Raises SettingError for a file or an environment that is wrong.
    """
    from stacks.delivery import DeliveryStack  # here, because the import is a quarter of the app's start

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
    """Turn an error of the construct library or the AWS CDK into a SettingError about the file `shown`."""
    try:
        yield
    except ValueError as fault:
        raise SettingError(f"{shown}: {str(fault).rstrip('.')}.") from fault
    except (RuntimeError, JSIIError) as fault:
        # jsii turns every error of the CDK into one of these types, with the JavaScript error as its cause.
        if not isinstance(fault.__cause__, JavaScriptError):
            raise
        said = re.sub(r"^(\w*Error: )+", "", " ".join(str(fault).partition("\n")[0].split())).rstrip(".")
        raise SettingError(f"{shown}: the AWS CDK refuses what is set ({said}); change the setting of that.") from fault


def _synthesized(app: App, shown: str) -> None:
    """Write the templates. Raises SettingError with the first finding of the rules that check them."""
    with _refusing(shown):
        try:
            app.synth()
        except RuntimeError as fault:
            # The findings are in the report file, and also on stderr unless the CDK command line runs the app.
            if "ValidationFailed" not in str(fault):
                raise
        for finding in findings(Path(app.outdir)):
            raise ValueError(finding)


def main() -> int:
    """Synthesize. For a wrong setting, print one sentence on stderr and return the exit code 1."""
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
