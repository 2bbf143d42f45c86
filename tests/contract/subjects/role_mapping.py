"""The mapping of a role of the security plugin."""

from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import Subject

SHARED = True


def subject(engine: KindsEngine) -> Subject:
    role = f"{engine.stack}-role"
    engine.make_role(role)
    engine.make_role(f"{role}-2")
    return Subject(
        "RoleMapping",
        {"role": role, "backend_roles": ["arn:aws:iam::1:role/a"]},
        in_place={"role": role, "backend_roles": ["arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b"]},
        replacing={"role": f"{role}-2", "backend_roles": ["arn:aws:iam::1:role/a"]},
    )
