"""The operator's permissions on the engine."""

from mlcommons import ProvisioningError
from mlcommons.drift import Compared, compare
from mlcommons.errors import NotFound, PermissionMissing, Rejected
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Skipped, Unchecked


def role_mapping(context: Context) -> str:
    """The operator's roles of the security plugin; each role mapping must also have the stack's entries."""
    if context.on_collection:
        raise Skipped("a collection has no role mappings")
    if context.knowledge.login:
        raise Skipped("osml signs in to a self-managed engine with a name and a password")
    try:
        roles = context.client.get("/_plugins/_security/authinfo").get("roles", [])
    except ProvisioningError as error:
        if error.cause == "role-mapping-missing":
            roles = []
        elif isinstance(error, PermissionMissing | NotFound | Rejected):
            raise Unchecked(f"{error}") from None
        else:
            raise
    if not roles:
        cause = f"No role of the engine is mapped to {context.knowledge.operator_role_arn}"
        raise complaint(context.place, "role-mapping-missing", cause)
    mappings = [compare(context.client, mapping) for mapping in context.of_kind("RoleMapping")]
    for mapping in mappings:
        if mapping.is_drift:
            raise complaint(context.place, "role-mapping-missing", _lost(mapping))
    unseen = [mapping for mapping in mappings if mapping.state == "not visible"]
    return f"the operator has {', '.join(roles)}" + (
        "; you cannot see the other entries of its mapping" if unseen else ""
    )


def _lost(mapping: Compared) -> str:
    role = mapping.watched.id.partition(":")[0]
    lost = sorted(set((mapping.watched.spec or {}).get("backend_roles", ())) - set(mapping.body or ()))
    return f"The mapping of {role} has lost {', '.join(lost) or f'the entries of {mapping.watched.owner}'}"


CHECK = Check("role mapping", role_mapping, after="endpoint")
