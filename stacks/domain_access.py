"""Who may do what on the domain: what a deploy grants, in the engine itself."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.audit_log import AuditLog
from opensearch_ml.resources.feedback_index import FEEDBACK
from opensearch_ml.resources.role_mapping import RoleMapping
from opensearch_ml.resources.security_role import SecurityRole
from opensearch_ml.resources.trusted_endpoints import TrustedEndpoints
from settings import Environment
from settings.existing_domain import ExistingDomain
from settings.new_domain import NewDomain
from stacks.environment_stack import EnvironmentStack
from stacks.index_names import physical_indexes
from stacks.search import SearchStack


def grant_access(
    stack: EnvironmentStack, environment: Environment, search: SearchStack, target: Target, trusted_endpoints: list[str]
) -> list[Construct]:
    """Who may do what on the domain, and where its connectors may go.

    The provisioner gets all_access: on an existing domain it is not the master user, and on its own somebody may
    take the master user out of the list, which the other role of a master user lets it put back. The operator gets
    a role of its own. An engine of one's own knows no IAM roles.
    """
    engine, provisioner = environment.search, search.provisioner.role.role_arn
    mappings: list[tuple[str, str, list[str]]] = []
    if isinstance(engine, NewDomain | ExistingDomain):
        _grant_operator(stack, environment, search, target)
        # Another logical id than that of earlier versions, whose list held the operator: it goes at the end of an
        # update, and no rollback asks the provisioner for what it refuses.
        mappings = [
            ("MlFullAccess", "ml_full_access", [provisioner, *engine.admins]),
            ("Administrators", "all_access", [provisioner, *engine.admins]),
            ("SecurityManager", "security_manager", engine.admins),
        ]
    access: list[Construct] = [
        RoleMapping(stack, f"Map{id}", target=target, role=role, backend_roles=backend_roles)
        for id, role, backend_roles in mappings
        if backend_roles
    ]
    if trusted_endpoints:
        trusted = TrustedEndpoints(stack, "TrustedEndpoints", target=target, patterns=trusted_endpoints)
        trusted.node.add_dependency(*access)
        access.append(trusted)
    if isinstance(engine, NewDomain) and engine.audit_log:
        audit = AuditLog(stack, "AuditLog", target=target, removal_policy=stack.removal)
        audit.node.add_dependency(*access)
    return access


def _grant_operator(stack: EnvironmentStack, environment: Environment, search: SearchStack, target: Target) -> None:
    operator, index, assistant = search.operator, environment.index.name, environment.assistant
    role = SecurityRole(
        stack,
        "OperatorRights",
        target=target,
        name=f"{environment.prefix}-operator",
        description="What operators may do",
        cluster=operator.CLUSTER,
        index=operator.INDEX,
        indexes=[index, *physical_indexes(environment)],
        everywhere=operator.EVERYWHERE,
        more={FEEDBACK.format(index=index): operator.FEEDBACK} if assistant and assistant.feedback else None,
    )
    mapping = RoleMapping(stack, "MapOperator", target=target, role=role.name, backend_roles=[operator.arn])
    mapping.node.add_dependency(role)
