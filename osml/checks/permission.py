"""Who may do what: the operator on the engine, and the provisioner with the connectors' roles."""

from botocore.exceptions import BotoCoreError, ClientError

from mlcommons import ProvisioningError, kind_named
from mlcommons.errors import NotFound, Refused, Rejected
from osml.checks.complaints import complaint
from osml.checks.recognition import cause_of
from osml.checks.seat import Seat
from osml.checks.verdict import Skipped
from osml.watched import Watched

DOMAIN = "es.amazonaws.com"


def role_mapping(seat: Seat) -> str:
    """The roles of the security plugin that the operator has, and that our entries are in each mapping."""
    if seat.on_collection:
        raise Skipped("a collection has no role mappings")
    if seat.knowledge.login:
        raise Skipped("an engine of your own is signed in to with a name and a password")
    try:
        roles = seat.client.get("/_plugins/_security/authinfo").get("roles", [])
    except ProvisioningError as error:
        if cause_of(error.cause, "") == "role-mapping-missing":
            roles = []
        elif isinstance(error, Refused | NotFound | Rejected):
            raise Skipped(f"could not be checked: {error}") from None
        else:
            raise
    if not roles:
        arn = seat.knowledge.operator_role_arn
        wanted = [one.id.partition(":")[0] for one in seat.of_kind("RoleMapping")]
        role = "all_access" if "all_access" in wanted or not wanted else wanted[0]
        raise complaint(
            seat.place, "role-mapping-missing", f"No role of the engine is mapped to {arn}", _map(role, [arn])
        )
    unseen = [one.id for one in seat.of_kind("RoleMapping") if not _is_mapped(seat, one)]
    return f"the operator has {', '.join(roles)}" + ("; whom else it maps is not visible to you" if unseen else "")


def _is_mapped(seat: Seat, mapping: Watched) -> bool:
    """Whether our part of a mapping is whole; False when the operator may not read it. Raises Complaint."""
    kind = kind_named("RoleMapping")
    role = mapping.id.partition(":")[0]
    try:
        observed = kind.read(seat.client, mapping.id, mapping.owner)
    except Refused:
        return False
    wanted = set(mapping.spec["backend_roles"]) if mapping.spec else set(observed.body if observed else ())
    lost = sorted(wanted - (observed.body if observed else set()))
    if observed is None or lost or not wanted:
        who = ", ".join(lost) or f"what {mapping.owner} had put there"
        raise complaint(
            seat.place,
            "role-mapping-missing",
            f"The mapping of {role} has lost {who}",
            _map(role, lost) if lost else None,
        )
    return True


def _map(role: str, arns: list[str]) -> str:
    steps = ", ".join(f'{{"op": "add", "path": "/backend_roles/-", "value": "{arn}"}}' for arn in arns)
    return f"As the domain's master user: PATCH /_plugins/_security/api/rolesmapping/{role} [{steps}]"


def pass_role(seat: Seat) -> str:
    """Whether the provisioner may hand the connectors' roles to the domain, which only a deploy would show."""
    if seat.on_collection:
        raise Skipped("a collection has no connectors")
    try:
        passed = _passed(seat)
        provisioner = _provisioner(seat)
        denied = [arn for arn in passed if not _may_pass(seat, provisioner, arn)]
    except (ClientError, BotoCoreError) as error:
        raise Skipped(f"could not be checked: {error}") from None
    if not passed:
        raise Skipped("no connector takes a role")
    if denied:
        cause = f"{provisioner} may not pass {', '.join(denied)}: the next new connector will be refused"
        raise complaint(seat.place, "pass-role-missing", cause)
    return f"the provisioner may pass {len(passed)} roles"


def _passed(seat: Seat) -> list[str]:
    """The connectors' roles: those that their specifications name, otherwise those of the stack that trust a domain."""
    bodies = [(one.spec or {}).get("connector", {}) for one in seat.of_kind("Connector")]
    named = {str(role) for body in bodies if (role := body.get("credential", {}).get("roleArn"))}
    if any(bodies):
        return sorted(named)
    client = seat.session.client("iam")
    ours = (one for stack in seat.stacks for one in stack.resources if one.type == "AWS::IAM::Role" and not one.is_gone)
    roles = [client.get_role(RoleName=one.id)["Role"] for one in ours]
    return sorted(one["Arn"] for one in roles if DOMAIN in str(one["AssumeRolePolicyDocument"]))


def _may_pass(seat: Seat, provisioner: str, arn: str) -> bool:
    answer = seat.session.client("iam").simulate_principal_policy(
        PolicySourceArn=provisioner, ActionNames=["iam:PassRole"], ResourceArns=[arn]
    )
    return all(one["EvalDecision"] == "allowed" for one in answer["EvaluationResults"])


def _provisioner(seat: Seat) -> str:
    """The role of the function that provisions: the one function of the search stack."""
    name = f"{seat.settings.prefix}-search"
    functions = [
        resource.id
        for stack in seat.stacks
        if stack.name == name
        for resource in stack.resources
        if resource.type == "AWS::Lambda::Function" and not resource.is_gone
    ]
    if not functions:
        raise Skipped(f"could not be checked: {name} has no function that provisions")
    return str(seat.session.client("lambda").get_function_configuration(FunctionName=functions[0])["Role"])
