#!/usr/bin/env python3
"""The app: one environment, `-c env=<name>`, out of `environments/`, as the stacks of its recipe.

With `-c delivery=delivery.yaml` it is the pipeline that delivers several of them instead.
"""

from __future__ import annotations

import sys
from pathlib import Path

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from osml.environment import SettingError, load
from osml.environment.delivery import load_delivery
from osml.place import CHECKOUT, environments
from stacks.recipes import RECIPES

DEFAULT = "sandbox"


def build(app: App, directory: Path | None = None) -> None:
    """Wire the stacks of the environment named by the context `env` into `app`.

    `directory` is `environments()` unless given. Raises SettingError for an environment that is wrong or not there.
    """
    directory = directory or environments()
    environment = load(str(app.node.try_get_context("env") or DEFAULT), directory)
    try:
        RECIPES[environment.recipe](app, environment)
    except ValueError as fault:
        raise SettingError(f"{directory.name}/{environment.name}.yaml: {fault}") from fault
    Tags.of(app).add("app", "osml")
    Tags.of(app).add("environment", environment.name)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def build_delivery(app: App, file: str, directory: Path | None = None) -> None:
    """Wire the pipeline of the delivery `file`, a path from the checkout, and the environments it delivers.

    `directory` is `environments()` unless given. Raises SettingError for a file or an environment that is wrong.
    """
    from stacks.delivery import DeliveryStack  # nobody else waits for CodePipeline's classes, a quarter of the start

    delivery = load_delivery(CHECKOUT / file)
    found = delivery.environments(directory or environments())
    try:
        DeliveryStack(app, delivery, found, file=file)
    except ValueError as fault:
        raise SettingError(f"{file}: {fault}") from fault
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def main() -> int:
    """Synthesize; a wrong setting is one sentence on stderr and exit code 1."""
    app = App()
    delivery = app.node.try_get_context("delivery")
    try:
        if delivery:
            build_delivery(app, str(delivery))
        else:
            build(app)
        app.synth()
    except SettingError as fault:
        print(fault, file=sys.stderr)
        return 1
    except RuntimeError as fault:
        # jsii turns every error into this one; of a failed validation the report is already on stderr.
        if "ValidationFailed" not in str(fault):
            raise
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
