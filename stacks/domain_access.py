"""The permissions inside the domain's engine that a deploy grants."""

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
    """Map roles on the domain, trust the URLs of its connectors, and return these constructs.

    The provisioner gets all_access. It needs that on an existing domain, where it is not the master user. On a new
    domain somebody may remove the master user from the mapping of all_access; the master user's other role then lets
    it repair that. The operator gets its own role. A self-managed engine does not know IAM roles.
    """
    engine, provisioner = environment.search, search.provisioner.role.role_arn
    mappings: list[tuple[str, str, list[str]]] = []
    if isinstance(engine, NewDomain | ExistingDomain):
        _grant_operator(stack, environment, search, target)
        # The logical id differs from that of earlier versions, whose mapping contained the operator. CloudFormation
        # removes the old mapping at the end of an update. A rollback thus never asks the provisioner for a mapping that
        # it refuses.
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
