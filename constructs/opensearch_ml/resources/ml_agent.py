"""MlAgent: an agent of ml-commons, which the engine runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.ml_model import MlModel
from opensearch_ml.resources.ml_resource import MlResource

TYPES = ("flow", "conversational", "conversational_flow")


@dataclass(frozen=True)
class AgentTool:
    """A tool of ml-commons by its `type`; `name` is needed when an agent has two of one type."""

    type: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    name: str | None = None
    description: str | None = None
    in_answer: bool = False

    @property
    def body(self) -> dict[str, object]:
        """The tool in an agent's registration; its parameters are strings, because the engine stores them so."""
        named = {"name": self.name, "description": self.description}
        return {
            "type": self.type,
            **{key: value for key, value in named.items() if value is not None},
            "parameters": dict(self.parameters),
            "include_output_in_agent_response": self.in_answer,
        }


def query_planning(model: MlModel) -> AgentTool:
    """The tool that turns a question into a query, in the agent of a `SearchPipeline` (OpenSearch 3.3).

    The connector of `model` must have a provider with `plans_queries`.
    """
    return AgentTool("QueryPlanningTool", {"model_id": model.physical_id})


class MlAgent(MlResource):
    """An agent with `tools`; `type` is flow, conversational or conversational_flow.

    A flow runs its tools one after the other. A conversational agent lets `model` choose them, and keeps the
    conversation in ml-commons' memory. Any change creates a new agent with a new id; resources that refer to
    `physical_id` are updated.

    Example::

        agent = ml.MlAgent(stack, "Agent", target=target, name="articles", tools=[ml.query_planning(model)])
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        name: str,
        tools: Sequence[AgentTool],
        type: str = "flow",
        model: MlModel | None = None,
        model_parameters: Mapping[str, object] | None = None,
        parameters: Mapping[str, object] | None = None,
        app_type: str | None = None,
    ) -> None:
        if type not in TYPES:
            raise ValueError(f"The type of the agent {name} is {type!r}; set one of {', '.join(TYPES)}.")
        if (type == "conversational") != (model is not None):
            raise ValueError(
                f"The agent {name} is of the type {type}, and model is {'not ' if model is None else ''}set; "
                "a conversational agent needs one, and no other agent uses one."
            )
        agent: dict[str, object] = {"name": name, "type": type, "tools": [tool.body for tool in tools]}
        if model is not None:
            agent["llm"] = {"model_id": model.physical_id, "parameters": dict(model_parameters or {})}
        if type != "flow":
            agent["memory"] = {"type": "conversation_index"}
        if parameters:
            agent["parameters"] = dict(parameters)
        if app_type:
            agent["app_type"] = app_type
        super().__init__(scope, id, target=target, kind="Agent", spec={"agent": agent})
