"""Runs in the environment of opensearch-py-ml: reads a JSON array `[verb, arguments]` per line, and answers each."""

import contextlib
import json
import sys
from typing import Any

from botocore.credentials import Credentials
from opensearch_py_ml.ml_commons import MLCommonClient
from opensearch_py_ml.ml_commons.model_access_control import ModelAccessControl
from opensearch_py_ml.ml_commons.model_connector import Connector
from opensearchpy import OpenSearch, Urllib3AWSV4SignerAuth

ML = "/_plugins/_ml"


class Peer:
    """Calls the engine at `url`, with the certificate authority `ca` and the `headers` of the other tools."""

    def __init__(self, url: str, ca: str, headers: dict[str, str]) -> None:
        sign = Urllib3AWSV4SignerAuth(Credentials("none", "none"), "us-east-1", "es")
        client = OpenSearch(url, http_auth=sign, ca_certs=ca, headers=headers, timeout=60, max_retries=0)
        self._count, perform = 0, client.transport.perform_request

        def counted(*arguments: Any, **named: Any) -> Any:
            self._count += 1
            return perform(*arguments, **named)

        client.transport.perform_request = counted  # type: ignore[method-assign]
        self._client, self._ml = client, MLCommonClient(client)
        self._groups, self._connectors = ModelAccessControl(client), Connector(client)

    def requests(self) -> int:
        return self._count

    def create(self, name: str, connectors: dict[str, Any], models: dict[str, Any], probes: dict[str, Any]) -> Any:
        made = {
            f"{role} connector": self._connectors.create_standalone_connector(body)["connector_id"]
            for role, body in connectors.items()
        }
        # ModelAccessControl cannot register a group if the engine does not control access to models: it sends a
        # parameter that the engine then refuses (1.3.0, ml-commons 3.4).
        group = ("POST", f"{ML}/model_groups/_register")
        made["group"] = self._client.transport.perform_request(*group, body={"name": name})["model_group_id"]
        for role, body in models.items():
            ids = {"model_group_id": made["group"], "connector_id": made[f"{role} connector"]}
            # No class registers a remote model (1.3.0).
            register = ("POST", f"{ML}/models/_register")
            answer = self._client.transport.perform_request(*register, body={**body, **ids})
            made[f"{role} model"] = answer["model_id"]
            self._ml.deploy_model(answer["model_id"])
            self._ml.predict(answer["model_id"], probes[role])
        return made

    def finish(self, name: str, ingest: Any, search: Any, index: Any) -> None:
        self._client.ingest.put_pipeline(id=name, body=ingest)
        self._client.transport.perform_request("PUT", f"/_search/pipeline/{name}", body=search)
        self._client.indices.create(index=name, body=index)

    def remove(self, name: str, made: dict[str, str]) -> None:
        self._client.indices.delete(index=name)
        self._client.transport.perform_request("DELETE", f"/_search/pipeline/{name}")
        self._client.ingest.delete_pipeline(id=name)
        for role in ("answer", "embedding"):
            self._ml.undeploy_model(made[f"{role} model"])
            while self._ml.get_model_info(made[f"{role} model"])["model_state"] != "UNDEPLOYED":
                pass
            self._ml.delete_model(made[f"{role} model"])
        self._groups.delete_model_group(made["group"])
        for role in ("answer", "embedding"):
            self._connectors.delete_connector(made[f"{role} connector"])


def main() -> None:
    """Answer lines until there are none."""
    answers, peer = sys.stdout, None
    for line in sys.stdin:
        verb, arguments = json.loads(line)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                if verb == "begin":
                    peer, said = Peer(**arguments), None
                else:
                    said = getattr(peer, verb)(**arguments)
            answer = {"answer": said}
        except Exception as error:  # noqa: BLE001 - the other process reports it, whatever it is
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
