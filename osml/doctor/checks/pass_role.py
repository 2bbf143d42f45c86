"""The provisioner's permission to pass the connectors' roles to the domain."""

from botocore.exceptions import BotoCoreError, ClientError

from calls.count_of import count_of
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Skipped, Unchecked

DOMAIN = "es.amazonaws.com"


def pass_role(context: Context) -> str:
    """Whether the provisioner may pass the connectors' roles to the domain; if not, the next deploy may fail."""
    if context.on_collection:
        raise Skipped("a collection has no connectors")
    try:
        passed = _passed(context)
        provisioner = _provisioner(context)
        denied = [arn for arn in passed if not _may_pass(context, provisioner, arn)]
    except (ClientError, BotoCoreError) as error:
        raise Unchecked(f"{error}") from None
    if not passed:
        raise Skipped("no connector has a role")
    if denied:
        cause = f"{provisioner} may not pass {', '.join(denied)}, so the engine will refuse the next new connector"
        raise complaint(context.place, "pass-role-missing", cause)
    return f"the provisioner may pass {count_of(len(passed), 'role')}"


def _passed(context: Context) -> list[str]:
    """The connectors' roles: those in their specifications, or else the stack's roles that trust a domain."""
    bodies = [(connector.spec or {}).get("connector", {}) for connector in context.of_kind("Connector")]
    named = {str(role) for body in bodies if (role := body.get("credential", {}).get("roleArn"))}
    if any(bodies):
        return sorted(named)
    client = context.session.client("iam")
    ours = (
        resource
        for stack in context.stacks
        for resource in stack.resources
        if resource.type == "AWS::IAM::Role" and not resource.is_gone
    )
    roles = [client.get_role(RoleName=role.id)["Role"] for role in ours]
    return sorted(role["Arn"] for role in roles if DOMAIN in str(role["AssumeRolePolicyDocument"]))


def _may_pass(context: Context, provisioner: str, arn: str) -> bool:
    answer = context.session.client("iam").simulate_principal_policy(
        PolicySourceArn=provisioner, ActionNames=["iam:PassRole"], ResourceArns=[arn]
    )
    return all(result["EvalDecision"] == "allowed" for result in answer["EvaluationResults"])


def _provisioner(context: Context) -> str:
    """The role of the provisioner, which is the only function of the search stack."""
    name = f"{context.settings.prefix}-search"
    functions = [
        resource.id
        for stack in context.stacks
        if stack.name == name
        for resource in stack.resources
        if resource.type == "AWS::Lambda::Function" and not resource.is_gone
    ]
    if not functions:
        raise Unchecked(f"{name} has no provisioner")
    return str(context.session.client("lambda").get_function_configuration(FunctionName=functions[0])["Role"])


CHECK = Check("PassRole", pass_role, after="role mapping")
