"""The deployed environment `sandbox`, and what the engine contains apart from the deploy."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from opensearchpy import OpenSearch, RequestsAWSV4SignerAuth, RequestsHttpConnection

from sandbox import startup
from sandbox.instance import CHECKOUT, REGION, Instance
from tests.waiting import until

OSML = Path(sys.executable).with_name("osml")


class Engine:
    """Requests that go directly to the engine, without the front, as the security plugin's administrator."""

    def __init__(self, instance: Instance) -> None:
        settings = startup.settings(instance)
        self.url = settings["engine_url"]
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = settings["ca"]
        self._session.cert = (settings["admin_cert"], settings["admin_key"])

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, self.url + path, json=body, timeout=60)
        return answer.json() if answer.status_code != 404 else {}

    def contents(self) -> dict[str, Any]:
        """Everything that a deploy could have left, by kind and by name or id."""
        # Before 3.3, searches for models show a change only after up to a second.
        self("POST", "/_refresh?expand_wildcards=all")
        everything = {"query": {"match_all": {}}, "size": 1000}
        ids: dict[str, Any] = {}
        for kind in ("connectors", "models", "model_groups"):
            answer = self("POST", f"/_plugins/_ml/{kind}/_search", everything)
            ids[kind] = sorted(hit["_id"] for hit in answer.get("hits", {}).get("hits", []))
        ids["ingest_pipelines"] = sorted(self("GET", "/_ingest/pipeline"))
        ids["search_pipelines"] = sorted(self("GET", "/_search/pipeline"))
        indexes = self("GET", "/_cat/indices?format=json&expand_wildcards=all")
        ids["indexes"] = sorted(i["index"] for i in indexes if not i["index"].startswith("."))
        mappings = self("GET", "/_plugins/_security/api/rolesmapping")
        ids["role_mappings"] = {
            role: {key: sorted(m[key]) for key in ("users", "backend_roles", "hosts")} for role, m in mappings.items()
        }
        return ids

    def plant_user_of(self, connector_id: str) -> str:
        """Write a model document that only refers to the connector; returns its path, for DELETE."""
        path = f"/.plugins-ml-model/_doc/planted-{connector_id}"
        model = {"name": "planted", "algorithm": "REMOTE", "model_state": "REGISTERED", "connector_id": connector_id}
        self("PUT", f"{path}?refresh=true", model)
        return path

    def unwritten(self, act: Callable[[], object]) -> None:
        """Check that `act` can run without a change of a document of ml-commons, and that it returns no False.

        It is repeated, because ml-commons sometimes writes the states of models by itself.
        """

        def look() -> bool:
            before = self.ml_documents()
            assert act() is not False
            return self.ml_documents() == before

        until("a run that writes nothing", look)

    @contextmanager
    def without_sync(self) -> Iterator[None]:
        """Turn off the job of ml-commons (MLSyncUpCron) that writes the states of models by itself."""
        name = "plugins.ml_commons.sync_up_job_interval_in_seconds"
        self("PUT", "/_cluster/settings", {"transient": {name: 0}})
        try:
            yield
        finally:
            self("PUT", "/_cluster/settings", {"transient": {name: None}})

    def ml_documents(self) -> dict[str, int]:
        """The sequence number of each document of ml-commons, by id: every write changes it, predictions do not."""
        self("POST", "/_refresh?expand_wildcards=all")
        query = {"size": 1000, "seq_no_primary_term": True, "_source": False}
        numbers: dict[str, int] = {}
        for index in (".plugins-ml-connector", ".plugins-ml-model-group", ".plugins-ml-model"):
            answer = self("POST", f"/{index}/_search", query)
            numbers |= {hit["_id"]: hit["_seq_no"] for hit in answer.get("hits", {}).get("hits", [])}
        return numbers


class CommandLine:
    """Runs `osml` as its user would; its output is shown when it fails."""

    def __init__(self, instance: Instance) -> None:
        self.environment = {**os.environ, "OSML_SANDBOX": instance.name, "COLUMNS": "200"}

    def __call__(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [str(OSML), *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert result.returncode == code, f"osml {' '.join(arguments)}:\n{result.stdout}\n{result.stderr}"
        return result


class Cdk:
    """The pinned CDK command line on the environment `sandbox`, as people use it without `osml`."""

    def __init__(self, output: Path) -> None:
        self.output = output

    def __call__(self, *arguments: str) -> None:
        app = ("--app", f"{sys.executable} app.py", "-c", "env=sandbox", "--output", str(self.output))
        result = subprocess.run(
            [str(CHECKOUT / "node_modules" / ".bin" / "cdk"), *arguments, *app],
            cwd=CHECKOUT,
            env={**os.environ, "CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_VALIDATION": "true"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        assert json.loads((self.output / "validation-report.json").read_text())["pluginReports"] == []


@pytest.fixture(scope="session", autouse=True)
def client_environment(local_cloud: Instance) -> Iterator[None]:
    """Give boto3 in these tests only the environment variables of the local cloud, as any other client has them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local_cloud.client_environment().items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def osml(local_cloud: Instance) -> CommandLine:
    return CommandLine(local_cloud)


@pytest.fixture(scope="session")
def cdk(local_cloud: Instance, client_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Cdk:
    return Cdk(tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture(scope="session")
def engine(local_cloud: Instance) -> Engine:
    return Engine(local_cloud)


@pytest.fixture(scope="session")
def foreign(engine: Engine) -> Iterator[dict[str, Any]]:
    """What another team has made in the same engine before our deploy."""
    mapping = "/_plugins/_security/api/rolesmapping/ml_read_access"
    engine("PUT", mapping, {"backend_roles": ["arn:aws:iam::000000000000:role/foreign"]})
    engine("PUT", "/_ingest/pipeline/foreign", {"processors": []})
    engine("PUT", "/foreign", {})
    yield engine.contents()
    engine("DELETE", mapping)
    engine("DELETE", "/_ingest/pipeline/foreign")
    engine("DELETE", "/foreign")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the environment files of a module."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture(scope="module")
def key(local_cloud: Instance, client_environment: None) -> Iterator[str]:
    """The answer model's key, in the secret that the environments name."""
    client, value = boto3.client("secretsmanager"), local_cloud.deepseek_key.read_text().strip()
    client.create_secret(Name="osml/sandbox/deepseek", SecretString=json.dumps({"api_key": value}))
    yield value
    client.delete_secret(SecretId="osml/sandbox/deepseek", ForceDeleteWithoutRecovery=True)


def outputs_of(stack: str) -> dict[str, str]:
    (described,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def operator_client(outputs: dict[str, str]) -> OpenSearch:
    """opensearch-py as the operator that a stack's outputs name, without any code of this project."""
    assumed = boto3.client("sts").assume_role(RoleArn=outputs["OperatorRoleArn"], RoleSessionName="foreign")
    keys = assumed["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return OpenSearch(
        outputs["DomainEndpoint"],
        http_auth=RequestsAWSV4SignerAuth(session.get_credentials(), REGION, "es"),
        connection_class=RequestsHttpConnection,
        verify_certs=True,
        ca_certs=os.environ["REQUESTS_CA_BUNDLE"],
    )


@pytest.fixture
def client(client_environment: None) -> OpenSearch:
    """opensearch-py on the deployed domain as the operator."""
    return operator_client(outputs_of("osml-sandbox-knowledge"))
