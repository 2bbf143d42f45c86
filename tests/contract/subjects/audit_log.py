"""The audit log of the engine."""

from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import Subject


def subject(engine: KindsEngine) -> Subject:
    spec = {"request_bodies": False, "ignored_users": ["kibanaserver"]}
    return Subject("AuditLog", spec, in_place={"request_bodies": True, "ignored_users": ["kibanaserver", "probe"]})
