"""The two APIs for domains: that of 2021, and that of 2015 (botocore's client `es`, `aws es`) with older names.

Amazon serves both for every domain. MiniStack 1.5.33 serves only the API of 2021.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from botocore.model import OperationModel, OperationNotFoundError
from ministack.core import iam_actions
from ministack.services import opensearch

from sandbox.cloud import api_shapes

OLD = "/2015-01-01/"
# The names of members in the API of 2021, with their names in the API of 2015.
NAMES = {
    "EngineVersion": "ElasticsearchVersion",
    "ClusterConfig": "ElasticsearchClusterConfig",
    "Versions": "ElasticsearchVersions",
    "CompatibleVersions": "CompatibleElasticsearchVersions",
}
NEW_NAMES = {old: new for new, old in NAMES.items()}
DOMAIN_PATH = re.compile(r"/(?:2021-01-01/opensearch|2015-01-01/es)/domain/([^/]+)(?:/.*)?")
PARAMETER = re.compile(r"\{(\w+)\}")


def install() -> None:
    """Wraps MiniStack's handler of domains and its IAM checks; once per process, after `domains`."""
    opensearch.handle_request = _handling(opensearch.handle_request)
    opensearch._domain_config = _tuned(opensearch._domain_config)
    iam_actions._BOTOCORE_SERVICE_MAP["opensearch"] = ["opensearch", "es"]
    extract = iam_actions.extract_resource_arn

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: Any,
        body: bytes,
        query_params: Any,
        region: str,
        account_id: str,
    ) -> Any:
        # MiniStack 1.5.33 checks the resource `*`: a policy for one domain would allow none of these calls.
        named = DOMAIN_PATH.fullmatch(path) if service == "opensearch" else None
        if named:
            return f"arn:aws:es:{region}:{account_id}:domain/{named[1]}"
        return extract(service, method, path, headers, body, query_params, region, account_id)

    iam_actions.extract_resource_arn = extract_resource_arn


def _tuned(config_of: Callable[..., Any]) -> Callable[..., Any]:
    """Sets Auto-Tune's own state. MiniStack 1.5.33 gives every option the state `Active`."""

    def _domain_config(record: Any) -> Any:
        config = config_of(record)
        wanted = config["AutoTuneOptions"]["Options"].get("DesiredState", "DISABLED")
        config["AutoTuneOptions"]["Status"]["State"] = wanted
        return config

    return _domain_config


def _handling(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        if not path.startswith(OLD):
            reply = await handle(method, path, headers, body, query_params)
            called = _called("opensearch", method, path)
            return _fitted(reply, called[0]) if called else reply
        called = _called("es", method, path)
        newer = called and _newer(called[0])
        if called is None or newer is None:
            return opensearch._error(501, "NotImplementedException", f"{method} {path} is not served on this machine.")
        try:
            sent = json.dumps(modern(json.loads(body))).encode() if body else body
        except ValueError:
            return opensearch._error(400, "ValidationException", "Request body is not valid JSON")
        new_path = PARAMETER.sub(lambda part: _path_part(called[1], part[1]), newer.http["requestUri"])
        reply = await handle(newer.http["method"], new_path, headers, sent, query_params)
        return _fitted(reply, called[0], legacy)

    return handle_request


def _path_part(given: dict[str, str], name: str) -> str:
    """The value of a path parameter, which may have another name in the API of 2015."""
    old = name if name in given else NAMES[name]
    return _modern_text(old, given[old])


def _called(service: str, method: str, path: str) -> tuple[OperationModel, dict[str, str]] | None:
    """The operation of a request and the parameters of its path; None for an unknown operation."""
    for name in api_shapes.service(service).operation_names:
        called = api_shapes.operation(name, service)
        template = called.http["requestUri"].partition("?")[0].rstrip("/")
        match = re.fullmatch(PARAMETER.sub(r"(?P<\1>[^/]+)", template), path.rstrip("/"))
        if match and called.http["method"] == method:
            return called, match.groupdict()
    return None


def _newer(old: OperationModel) -> OperationModel | None:
    """The operation of 2021 that does the same, or None."""
    try:
        return api_shapes.operation(old.name.replace("Elasticsearch", ""), "opensearch")
    except OperationNotFoundError:
        return None


def _fitted(reply: Any, called: OperationModel, change: Callable[[Any], Any] = lambda answer: answer) -> Any:
    """The reply in the shape of botocore's model.

    MiniStack 1.5.33 returns numbers from templates as strings, and members that the model lacks.
    """
    status, headers, content = reply
    if status != 200 or not content or called.output_shape is None:
        return reply
    return status, headers, json.dumps(api_shapes.fitted(called.output_shape, change(json.loads(content)))).encode()


def modern(value: Any) -> Any:
    """Translates a request for the API of 2015 into one for the API of 2021."""
    return _renamed(value, NEW_NAMES, _modern_text)


def legacy(value: Any) -> Any:
    """Translates an answer of the API of 2021 into one of the API of 2015."""
    return _renamed(value, NAMES, _legacy_text)


def _renamed(value: Any, names: dict[str, str], text: Callable[[str, str], str], under: str = "") -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(part, names, text, _meant(key, under)) for key, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, names, text, under) for part in value]
    return text(under, value) if isinstance(value, str) else value


def _meant(key: str, under: str) -> str:
    """The key that determines the meaning of a string below `key`: `Options` wraps the value of its parent."""
    return under if key == "Options" else key


def _modern_text(key: str, value: str) -> str:
    if key == "ElasticsearchVersion" and value[:1].isdigit():
        return f"Elasticsearch_{value}"
    return value.removesuffix(".elasticsearch") + ".search" if value.endswith(".elasticsearch") else value


def _legacy_text(key: str, value: str) -> str:
    if key in ("EngineVersion", "Versions", "SourceVersion", "TargetVersions"):
        return value.removeprefix("Elasticsearch_")
    types = ("InstanceType", "DedicatedMasterType", "WarmType")
    return value.removesuffix(".search") + ".elasticsearch" if key in types and value.endswith(".search") else value
