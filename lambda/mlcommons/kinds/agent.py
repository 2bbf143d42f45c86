"""Agent: a model with tools, which the engine runs. It is never changed in place; a new one replaces the old one.

Engines before 3.1 cannot update an agent, and later ones keep what an update leaves out. The digest in the mark
distinguishes an owner's old agent from its new one.
"""

# ruff: noqa: ARG002 - all kinds share one signature per verb

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.compare import contradicts
from mlcommons.errors import InvalidSpec, NotFound
from mlcommons.kind import Kind, Observed
from mlcommons.owner import Owner, digest_of, marked, read_mark
from mlcommons.search import owned, server_made

TYPES = ("flow", "conversational", "conversational_flow")
_SHOWN = ("name", "type", "llm", "tools", "parameters", "memory", "app_type")


@dataclass(frozen=True)
class AgentSpec:
    """`agent` is the body of ml-commons' agent registration, of one of `TYPES`, with models that exist."""

    agent: dict[str, Any]


class Agent(Kind[AgentSpec]):
    name = "Agent"
    spec_type = AgentSpec
    replace_on = frozenset({"agent"})

    def parse(self, spec: Any) -> AgentSpec:
        """Refuse agents that create objects without a mark.

        `model` would create a model, and the type plan_execute_and_reflect a second agent.
        """
        parsed = super().parse(spec)
        reading, kind = f"Reading the Agent {parsed.agent.get('name')}", parsed.agent.get("type")
        if str(kind).lower() not in TYPES:
            raise InvalidSpec(reading, f"its type is {kind!r}", f"Set one of {', '.join(TYPES)}.")
        if "model" in parsed.agent:
            raise InvalidSpec(reading, "it has `model`, which creates a model that no stack deletes", "Set `llm`.")
        return parsed

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return server_made(physical_id)

    def find(self, client: Client, spec: AgentSpec, owner: Owner) -> Observed | None:
        for found_id, body in owned(client, "agents", owner).items():
            if read_mark(body["description"]).digest == digest_of(spec.agent):
                return _observed(found_id, body, owner)
        return None

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        body = client.find(path_of("_plugins", "_ml", "agents", physical_id))
        return body and _observed(physical_id, body, owner)

    def changes(self, observed: Observed, spec: AgentSpec) -> Collection[str]:
        wanted = {key: value for key, value in spec.agent.items() if key in _SHOWN}
        return {"agent"} if observed.digest != digest_of(spec.agent) or contradicts(observed.body, wanted) else ()

    def check(self, client: Client, spec: AgentSpec) -> None:
        """Refuse unknown tools: the engine registers an agent with any tool, and fails only at the first question."""
        wanted = {str(tool.get("type")) for tool in spec.agent.get("tools", ())}
        known = {str(tool["type"]) for tool in client.get("/_plugins/_ml/tools")} if wanted else set()
        if missing := wanted - known:
            raise InvalidSpec(
                f"Registering the Agent {spec.agent.get('name')}",
                f"this engine has no tool {', '.join(sorted(missing))}",
                f"It has {', '.join(sorted(known))}. QueryPlanningTool needs OpenSearch 3.2.",
            )

    def create(self, client: Client, spec: AgentSpec, owner: Owner) -> str:
        text = str(spec.agent.get("description", ""))
        body = spec.agent | {"description": marked(text, owner, digest_of(spec.agent))}
        return str(client.post("/_plugins/_ml/agents/_register", body)["agent_id"])

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        try:
            client.delete(path_of("_plugins", "_ml", "agents", observed.physical_id))
        except NotFound:
            return "Agent was already absent"
        return ""


def _observed(physical_id: str, body: Mapping[str, Any], owner: Owner) -> Observed:
    mark = read_mark(body.get("description"))
    return Observed(physical_id, mark.owner or owner, body, mark.digest)
