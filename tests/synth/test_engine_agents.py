"""Agents of the construct library: what they and their pipeline register, and what is refused before a deploy."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

import opensearch_ml as ml
from mlcommons.kinds.agent import TYPES, Agent
from opensearch_ml.resources import ml_agent
from opensearch_ml.resources.ml_resource import MlResource


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(context={"aws:cdk:bundling-stacks": []}), "stack")


@pytest.fixture(scope="module")
def target(stack: cdk.Stack) -> ml.Target:
    return ml.Target(endpoint="https://engine", region="us-east-1", provisioner=ml.Provisioner(stack, "Provisioner"))


@pytest.fixture(scope="module")
def model(stack: cdk.Stack, target: ml.Target) -> ml.MlModel:
    group = ml.MlModelGroup(stack, "Group", target=target, name="g")
    return ml.MlModel(stack, "Model", target=target, name="m", group=group, connector="c", probe={})


def spec(stack: cdk.Stack, resource: MlResource) -> dict[str, Any]:
    """The specification, with references to other objects as in the template."""
    read: dict[str, Any] = stack.resolve(resource.desired["spec"])
    return read


def ref(resource: MlResource) -> dict[str, Any]:
    return {"Fn::GetAtt": [resource.logical_id, "Id"]}


def test_a_pipeline_asks_its_agent_and_then_adds_the_model_of_vectors(
    stack: cdk.Stack, target: ml.Target, model: ml.MlModel
) -> None:
    agent = ml.MlAgent(stack, "Agent", target=target, name="plans", tools=[ml.query_planning(model)])
    pipeline = ml.SearchPipeline(stack, "Asks", target=target, name="asks", agent=agent, embedding_model=model)
    registered = spec(stack, agent)
    assert registered["agent"] == {
        "name": "plans",
        "type": "flow",
        "tools": [
            {
                "type": "QueryPlanningTool",
                "parameters": {"model_id": ref(model)},
                "include_output_in_agent_response": False,
            }
        ],
    }
    assert Agent().parse(registered).agent == registered["agent"]
    body = spec(stack, pipeline)["pipeline"]
    translate, enrich = body["request_processors"]
    assert translate == {"agentic_query_translator": {"agent_id": ref(agent)}}
    assert enrich == {"neural_query_enricher": {"default_model_id": ref(model)}}
    assert body["response_processors"] == [{"agentic_context": {"agent_steps_summary": True, "dsl_query": True}}]


def test_a_conversational_agent_has_a_model_and_a_memory(
    stack: cdk.Stack, target: ml.Target, model: ml.MlModel
) -> None:
    tools = [ml.AgentTool("ListIndexTool", name="lists", description="Lists indexes", in_answer=True)]
    agent = ml.MlAgent(
        stack,
        "Talks",
        target=target,
        name="talks",
        type="conversational",
        model=model,
        model_parameters={"max_iteration": 3},
        parameters={"_llm_interface": "openai/v1/chat/completions"},
        app_type="os_chat",
        tools=tools,
    )
    registered = spec(stack, agent)["agent"]
    assert registered["llm"] == {"model_id": ref(model), "parameters": {"max_iteration": 3}}
    assert registered["memory"] == {"type": "conversation_index"}
    assert registered["tools"][0]["description"] == "Lists indexes"
    assert (registered["parameters"], registered["app_type"]) == (
        {"_llm_interface": "openai/v1/chat/completions"},
        "os_chat",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"type": "plan_execute_and_reflect"},
            "The type of the agent a is 'plan_execute_and_reflect'; set one of flow,",
        ),
        ({"type": "conversational"}, "The agent a is of the type conversational, and model is not set;"),
    ],
)
def test_what_no_stack_could_delete_or_the_engine_refuses(
    stack: cdk.Stack, target: ml.Target, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        ml.MlAgent(stack, "Refused", target=target, name="a", tools=[], **arguments)


def test_library_and_kind_know_the_same_types() -> None:
    assert ml_agent.TYPES == TYPES


@pytest.mark.parametrize(
    "provider",
    [
        lambda stack: ml.deepseek_chat(ml.ModelSecret(stack, "A", name="a"), plans_queries=True),
        lambda stack: ml.openai_chat(ml.ModelSecret(stack, "B", name="b"), model="m", plans_queries=True),
        lambda _: ml.bedrock_converse(
            ml.BedrockAnswerModel("amazon.nova-lite-v1:0", region="us-east-1"), plans_queries=True
        ),
    ],
)
def test_a_connector_that_plans_takes_the_question_and_no_document(stack: cdk.Stack, provider: Any) -> None:
    made = provider(stack)
    (action,) = made.connector["actions"]
    assert "params['question']" in action["pre_process_function"]
    assert "sample_document" not in action["pre_process_function"]
    assert made.connector["parameters"]["response_filter"].startswith("$.")
    assert set(made.probe["parameters"]) == {"question", "index_mapping"}
