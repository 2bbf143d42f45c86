"""An agent."""

from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import Subject

WITH_SERVER_ID = True


def subject(engine: KindsEngine) -> Subject:
    agent = {
        "name": f"{engine.stack} agent",
        "type": "flow",
        "description": "Made by a test",
        "tools": [{"type": "MLModelTool", "parameters": {"model_id": "aaaaaaaaaaaaaaaaaaaa", "prompt": "Say a word."}}],
    }
    return Subject("Agent", {"agent": agent}, replacing={"agent": agent | {"type": "conversational_flow"}})
