"""The dashboard of an environment: metrics of its engine, models, keeper, assistant, drop and sources on one page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

from opensearch_ml.engine.keeper import NAMESPACE
from opensearch_ml.engine.used_collection import CollectionGrants
from opensearch_ml.providers.component_endpoint import VARIANT
from settings import Environment
from settings.answer.sagemaker import SageMakerAnswer
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.existing_domain import ExistingDomain
from settings.new_domain import NewDomain
from settings.price_list import token_usd
from stacks.environment_stack import EnvironmentStack

WIDTH, HEIGHT = 8, 6
Dimensions = dict[str, str]


@dataclass(frozen=True)
class _Graph:
    """`metrics` (name → statistic) of one namespace with the same dimensions, over five minutes."""

    title: str
    namespace: str
    dimensions: Dimensions
    metrics: dict[str, str]

    def widget(self, place: int, region: str) -> dict[str, object]:
        """The widget for CloudWatch; `place` is its number on the dashboard, which has three widgets in a row."""
        of = [part for pair in self.dimensions.items() for part in pair]
        return {
            "type": "metric",
            "x": place % 3 * WIDTH,
            "y": place // 3 * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
            "properties": {
                "title": self.title,
                "region": region,
                "view": "timeSeries",
                "period": 300,
                "metrics": [
                    [self.namespace, name, *of, {"stat": statistic}] for name, statistic in self.metrics.items()
                ],
            },
        }


def dashboard(stack: EnvironmentStack, environment: Environment, *, collection: CollectionGrants | None) -> None:
    """Create the dashboard in `stack`, with the environment's name.

    It refers to metrics by their names, so it does not depend on later stacks.
    """
    graphs = [
        *_of_engine(stack, environment, collection),
        *_of_models(environment),
        *_of_keeper(environment),
        *_of_assistant(environment),
        *_of_drop(environment),
        *_of_sources(environment),
    ]
    if graphs:
        widgets = [graph.widget(place, stack.region) for place, graph in enumerate(graphs)]
        cloudwatch.CfnDashboard(
            stack,
            "Dashboard",
            dashboard_name=environment.prefix,
            dashboard_body=stack.to_json_string({"widgets": widgets}),
        )


def _of_engine(
    stack: EnvironmentStack, environment: Environment, collection: CollectionGrants | None
) -> Iterator[_Graph]:
    if collection:
        of = {"ClientId": stack.account, "CollectionId": collection.identity, "CollectionName": collection.name}
        yield _Graph(
            "Searches", "AWS/AOSS", of, {"SearchRequestRate": "Sum", "SearchRequestErrors": "Sum", "5xx": "Sum"}
        )
        yield _Graph("Searches: time, ms", "AWS/AOSS", of, {"SearchRequestLatency": "Average"})
        yield _Graph("Writes", "AWS/AOSS", of, {"IngestionRequestRate": "Sum", "IngestionRequestErrors": "Sum"})
    search = environment.search
    if isinstance(search, NewDomain | ExistingDomain):
        of = {"DomainName": environment.domain_name, "ClientId": search.account or stack.account}
        red = {"ClusterStatus.red": "Maximum", "ClusterStatus.yellow": "Maximum"}
        yield _Graph("Domain: red, writes blocked", "AWS/ES", of, {**red, "ClusterIndexWritesBlocked": "Maximum"})
        yield _Graph("Domain: free storage, MiB", "AWS/ES", of, {"FreeStorageSpace": "Minimum"})
        yield _Graph(
            "Domain: memory and processor, %",
            "AWS/ES",
            of,
            {"JVMMemoryPressure": "Maximum", "CPUUtilization": "Average"},
        )
        yield _Graph("Domain: requests", "AWS/ES", of, {"OpenSearchRequests": "Sum", "4xx": "Sum", "5xx": "Sum"})
        yield _Graph(
            "Domain: time of searches, ms", "AWS/ES", of, {"SearchLatency": "Average", "IndexingLatency": "Average"}
        )


def _of_models(environment: Environment) -> Iterator[_Graph]:
    endpoints = {}
    if isinstance(environment.embedding, SageMakerEmbedding) and environment.embedding.creates_endpoint:
        endpoints["Embedding"] = environment.endpoint_name
    if isinstance(environment.answer, SageMakerAnswer) and environment.answer.creates_endpoint:
        endpoints["Answers"] = environment.answer_endpoint_name
    calls = {"Invocations": "Sum", "Invocation4XXErrors": "Sum", "Invocation5XXErrors": "Sum"}
    for title, name in endpoints.items():
        of = {"EndpointName": name, "VariantName": VARIANT}
        yield _Graph(f"{title}: calls of the endpoint", "AWS/SageMaker", of, calls)
        yield _Graph(f"{title}: time of the endpoint, µs", "AWS/SageMaker", of, {"ModelLatency": "Average"})


def _of_keeper(environment: Environment) -> Iterator[_Graph]:
    if environment.engine and environment.keeper:
        of = {"environment": environment.name, "stack": f"{environment.prefix}-knowledge"}
        yield _Graph("Keeper", NAMESPACE, of, dict.fromkeys(("Unhealed", "Healed", "Drifted", "Ending"), "Maximum"))


def _of_assistant(environment: Environment) -> Iterator[_Graph]:
    if environment.assistant:
        api = {"ApiName": f"{environment.prefix}-assistant", "Stage": environment.name}
        yield _Graph(
            "Assistant: requests", "AWS/ApiGateway", api, {"Count": "Sum", "4XXError": "Sum", "5XXError": "Sum"}
        )
        yield _Graph("Assistant: time, ms", "AWS/ApiGateway", api, {"Latency": "p90", "IntegrationLatency": "p90"})
        counts = ("Questions", "Grounded", "NotInDocuments", "Throttled", "Failures")
        of = {"service": "assistant", "environment": environment.name}
        yield _Graph("Assistant: questions", NAMESPACE, of, dict.fromkeys(counts, "Sum"))
        yield _Graph("Assistant: first word and model, ms", NAMESPACE, of, {"FirstWord": "p90", "ModelLatency": "p90"})
        yield _Graph("Assistant: grounded answers, %", NAMESPACE, of, {"Groundedness": "Average"})
        if environment.answer:
            yield _Graph("Assistant: tokens", NAMESPACE, of, {"TokensRead": "Sum", "TokensWritten": "Sum"})
            if token_usd(environment.answer.shown, 0, 0) is not None:
                yield _Graph("Assistant: cost of the tokens, USD", NAMESPACE, of, {"TokenCost": "Sum"})


def _of_drop(environment: Environment) -> Iterator[_Graph]:
    if environment.drop:
        of = {"environment": environment.name}
        yield _Graph("Drop", NAMESPACE, of, dict.fromkeys(("Loaded", "NotLoaded", "Refused"), "Sum"))
        yield _Graph("Drop: from put to found, s", NAMESPACE, of, {"IngestLag": "Maximum"})


def _of_sources(environment: Environment) -> Iterator[_Graph]:
    if environment.sources:
        counts = dict.fromkeys(("SourceChanges", "SourceRefused", "SourceFailed"), "Sum")
        yield _Graph("Sources", NAMESPACE, {"environment": environment.name}, counts)
