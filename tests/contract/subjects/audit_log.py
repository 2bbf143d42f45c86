"""The audit log of the engine."""

from tests.contract.kinds_engine import Engine
from tests.contract.subjects import Subject


def subject(engine: Engine) -> Subject:
    return Subject("AuditLog", {}, in_place={"request_bodies": True, "ignored_users": ["kibanaserver", "probe"]})
