"""A CDK app without the code of osml, with as many stacks and resources of each type as the given templates.

Roles, policies, functions, log groups, rules, alarms and custom resources are L2 constructs of the CDK, as in osml.
Each other resource is one L1 construct with the same properties. The app imports the classes of all services that it
uses, as any author of such an app would. cdk-nag checks it, too.

    python -m benchmarks.bare_app <folder of templates> <folder of a function>
"""

import json
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from cdk_nag import AwsSolutionsChecks

# Types to which other resources refer, so they are created first.
FIRST = ("AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::Lambda::Function")
LAMBDA = "lambda.amazonaws.com"


class BareStack(cdk.Stack):
    """A stack with the resources of `template`; `source` is the code of every function."""

    def __init__(self, app: cdk.App, name: str, template: dict[str, Any], source: Path) -> None:
        super().__init__(app, name)
        self._source = source
        self._role: iam.IRole = iam.Role.from_role_name(self, "Known", "known")
        self._function: lambda_.IFunction = lambda_.Function.from_function_name(self, "Code", "code")
        self._logs: list[logs.ILogGroup] = []
        resources = template["Resources"].items()
        for type in FIRST:
            self._make_all((id, resource) for id, resource in resources if resource["Type"] == type)
        self._make_all((id, resource) for id, resource in resources if resource["Type"] not in FIRST)

    def _make_all(self, resources: Iterable[tuple[str, dict[str, Any]]]) -> None:
        for id, resource in resources:
            self._make(id, resource["Type"], resource.get("Properties", {}))

    def _make(self, id: str, type: str, properties: dict[str, Any]) -> None:
        if type.startswith("Custom::"):
            shown = {
                name: value for name, value in properties.items() if name not in ("ServiceToken", "ServiceTimeout")
            }
            cdk.CustomResource(self, id, service_token="arn", resource_type=type, properties=shown)  # noqa: S106
            return
        match type:
            case "AWS::IAM::Role":
                self._role = iam.Role(self, id, assumed_by=iam.ServicePrincipal(LAMBDA))
            case "AWS::IAM::Policy":
                allowed = properties["PolicyDocument"]["Statement"]
                statements = [
                    iam.PolicyStatement(actions=["s3:GetObject"], resources=[str(n)]) for n, _ in enumerate(allowed)
                ]
                iam.Policy(self, id, roles=[self._role], statements=statements)
            case "AWS::Lambda::Function":
                self._function = lambda_.Function(
                    self,
                    id,
                    runtime=lambda_.Runtime.PYTHON_3_13,
                    handler="handler.handler",
                    code=lambda_.Code.from_asset(str(self._source)),
                    role=self._role,
                    environment={"SETTINGS": "{}"},
                    log_group=self._logs[0],
                )
            case "AWS::Lambda::Permission":
                lambda_.CfnPermission(
                    self, id, action="lambda:InvokeFunction", function_name="code", principal="events.amazonaws.com"
                )
            case "AWS::Logs::LogGroup":
                self._logs.append(logs.LogGroup(self, id, retention=logs.RetentionDays.ONE_MONTH))
            case "AWS::Events::Rule":
                events.Rule(self, id, schedule=events.Schedule.rate(cdk.Duration.minutes(5)))
            case "AWS::CloudWatch::Alarm":
                self._function.metric_errors().create_alarm(self, id, threshold=1, evaluation_periods=1)
            case _:
                cdk.CfnResource(self, id, type=type, properties=properties)


def main() -> None:
    """Synthesize into the folder that the CDK CLI names."""
    templates, source = map(Path, sys.argv[1:])
    rendered = {
        file.name.split(".")[0]: json.loads(file.read_text()) for file in sorted(templates.glob("*.template.json"))
    }
    types = {resource["Type"] for template in rendered.values() for resource in template["Resources"].values()}
    for service in sorted({type.split("::")[1].lower() for type in types if type.startswith("AWS::")}):
        import_module(f"aws_cdk.aws_{service}")
    app = cdk.App()
    for name, template in rendered.items():
        BareStack(app, name, template, source)
    cdk.Tags.of(app).add("app", "bare")
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as fault:
        # This app gives no reasons for cdk-nag's findings, so its check fails; synthesis and check are still complete.
        if "ValidationFailed" not in str(fault):
            raise


if __name__ == "__main__":
    main()
