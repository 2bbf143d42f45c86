"""A model."""

from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import Subject

WITH_SERVER_ID = True
PROBE = {"parameters": {"input": "hello"}}


def subject(engine: KindsEngine) -> Subject:
    group = engine.apply("ModelGroup", {"name": f"{engine.stack} group"}, owner=engine.owner("Group"))
    spec = {"name": f"{engine.stack} model", "model_group_id": group.physical_id, "probe": PROBE}
    old, new = (
        engine.apply("Connector", {"connector": engine.connector(version=version)}, owner=engine.owner(name))
        for name, version in (("Old", "1"), ("New", "2"))
    )
    return Subject(
        "Model",
        spec | {"connector_id": old.physical_id},
        in_place=spec | {"connector_id": new.physical_id},
    )
