"""The settings of a model, recognised from the body of its connector."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from settings.embedding.cohere import CohereEmbedding
from settings.embedding.titan import V2, TitanEmbedding
from settings.quoted import looks_like_a_key

Body = dict[str, Any]
_PARAMETER = re.compile(r"\$\{parameters\.([A-Za-z0-9_-]+)")
_SECRET_KEY = re.compile(r"\$\{credential\.secretArn\.([A-Za-z0-9_]+)\}")
_SAGEMAKER = re.compile(r"https://runtime\.sagemaker\.([a-z0-9-]+)\.[a-z.]+/endpoints/([A-Za-z0-9-]+)/invocations")
_BEDROCK = re.compile(r"https://bedrock-runtime\.([a-z0-9-]+)\.[a-z.]+/model/(.+)/(invoke|converse)")
_API = re.compile(r"https://([a-z0-9.-]+)((?:/[A-Za-z0-9_.~-]+)+)")
_KEY_HEADERS = ("authorization", "api-key", "x-api-key", "x-goog-api-key")
QUESTION = "Answer with the one word ready."


@dataclass(frozen=True)
class Recognised:
    """`group` is the group of settings, `probe` the body of a `_predict` that the model answers.

    `notes` are about what no connector contains; `holds_key` is True when a key is in the connector itself, readable by
    all who may read it.
    """

    group: str
    settings: dict[str, Any]
    probe: dict[str, Any]
    notes: tuple[str, ...] = ()
    holds_key: bool = False


@dataclass(frozen=True)
class Unrecognised:
    """`reason` says why no settings express the connector."""

    reason: str
    holds_key: bool = False


@dataclass(frozen=True)
class _Call:
    """The connector's call for predictions, with its parameters filled into the URL."""

    url: str
    body: str
    parameters: Body = field(default_factory=dict)
    headers: Body = field(default_factory=dict)

    @property
    def sent(self) -> set[str]:
        """The parameters that a caller sends."""
        return set(_PARAMETER.findall(self.body)) - self.parameters.keys()


def recognise(connector: Body, secret: str) -> Recognised | Unrecognised:
    """The settings of the connector's model. `secret` names the secret of its key, which the engine does not show."""
    call = _call(connector)
    holds_key = holds_a_key(connector)
    if call is None:
        return Unrecognised("it has no action of the type predict with a URL", holds_key)
    for known in (_sagemaker, _bedrock, _api):
        settings = known(call, secret)
        if settings is not None:
            break
    else:
        return Unrecognised(f"no provider of osml calls {_host(call.url)} in this way", holds_key)
    group, values, *notes = settings
    return Recognised(group, values, {"parameters": _probe(call)}, tuple(notes), holds_key)


def holds_a_key(connector: Body) -> bool:
    """Whether a key is written in the connector itself."""
    call = _call(connector)
    written = json.dumps([connector.get("parameters"), call.headers if call else None, call.url if call else None])
    headers = call.headers if call else {}
    bare = [
        name
        for name, value in headers.items()
        if name.lower() in _KEY_HEADERS and "${credential." not in str(value) and "${parameters." not in str(value)
    ]
    return bool(bare) or any(looks_like_a_key(word) for word in re.findall(r"[A-Za-z0-9_-]{20,}", written))


def _call(connector: Body) -> _Call | None:
    actions = connector.get("actions") or []
    action = next((each for each in actions if str(each.get("action_type")).lower() == "predict"), None)
    if action is None or not isinstance(action.get("url"), str):
        return None
    parameters = connector.get("parameters") or {}
    url = _filled(action["url"], parameters)
    return _Call(url, str(action.get("request_body", "")), parameters, action.get("headers") or {})


def _filled(text: str, parameters: Body) -> str:
    return re.sub(r"\$\{parameters\.([A-Za-z0-9_-]+)\}", lambda match: str(parameters.get(match[1], match[0])), text)


def _host(url: str) -> str:
    host = re.sub(r"^(https?://[^/]+).*$", r"\1", url)
    return "its URL" if looks_like_a_key(host) else host


def _sagemaker(call: _Call, secret: str) -> tuple[Any, ...] | None:  # noqa: ARG001 of the table
    match = _SAGEMAKER.fullmatch(call.url)
    if match is None:
        return None
    place = {"provider": "sagemaker", "endpoint": match[2], "region": match[1]}
    shapes = {"${parameters.input}": "array", '{"inputs":${parameters.input}}': "inputs"}
    shape = shapes.get(re.sub(r"\s", "", call.body))
    if shape:
        note = f"Write the model of the endpoint {match[2]} into embedding.model, because the engine does not know it."
        return "embedding", {**place, "model": f"unknown/{match[2]}", "shape": shape}, note
    if "inputs" not in call.sent:
        return None
    chosen = {"temperature": "temperature", "top_p": "top_p", "max_tokens": "max_new_tokens"}
    return "answer", {**place, **_numbers(call, chosen)}


def _bedrock(call: _Call, secret: str) -> tuple[Any, ...] | None:  # noqa: ARG001 of the table
    match = _BEDROCK.fullmatch(call.url)
    if match is None:
        return None
    region, model, verb = match[1], match[2].replace("%3A", ":").replace("%2F", "/"), match[3]
    place = {"model": model, "region": region}
    if verb == "converse":
        return "answer", {"provider": "bedrock-converse", **place}
    if model in TitanEmbedding.regions:
        normal = {"normalize": False} if re.search(r'"normalize":\s*false', call.body) else {}
        return "embedding", {"provider": "titan", **place, **(normal if model == V2 else {})}
    if model in CohereEmbedding.regions:
        return "embedding", {"provider": "cohere", **place}
    if ("deepseek" not in model and ":imported-model/" not in model) or "inputs" not in call.sent:
        return None
    limit = "max_gen_len" if ":imported-model/" in model else "max_tokens"
    there = {} if model.startswith("arn:") else {"region": region}
    chosen = _numbers(call, {"temperature": "temperature", "top_p": "top_p", "max_tokens": limit})
    return "answer", {"provider": "bedrock", "model": model, **there, **chosen}


def _api(call: _Call, secret: str) -> tuple[Any, ...] | None:
    match = _API.fullmatch(call.url)
    if match is None:
        return None
    host, path, model = match[1], match[2], call.parameters.get("model")
    key = next(iter(_SECRET_KEY.findall(json.dumps(call.headers))), "api_key")
    kept = {"secret": {"name": secret, "key": key}}
    note = f"Check the secret {secret} with the key {key} in the file: the engine does not show the connector's secret."
    if path.endswith("/embeddings") and isinstance(model, str):
        return "embedding", {"provider": "openai", "host": host, "path": path, "model": model, **kept}, note
    if not path.endswith("/chat/completions") or not isinstance(model, str) or "messages" not in call.sent:
        return None
    temperature = _numbers(call, {"temperature": "temperature"})
    if host == "api.deepseek.com":
        return "answer", {"provider": "deepseek", "model": model, **temperature, **kept}, note
    there = {"provider": "openai", "endpoint": host, "path": path}
    return "answer", {**there, "model": model, **temperature, **kept}, note


def _numbers(call: _Call, names: dict[str, str]) -> Body:
    """Settings from the connector's parameters, which are numbers or texts of numbers."""
    given: Body = {}
    for setting, parameter in names.items():
        try:
            value = float(call.parameters[parameter])
        except (KeyError, TypeError, ValueError):
            continue
        given[setting] = int(value) if setting == "max_tokens" else value
    return given


def _probe(call: _Call) -> Body:
    if "messages" in call.sent:
        said: Any = [{"text": QUESTION}] if "/converse" in call.url else QUESTION
        return {"messages": [{"role": "user", "content": said}]}
    values: Body = {
        "input": ["ready"],
        "inputText": "ready",
        "texts": ["ready"],
        "inputs": QUESTION,
        "prompt": QUESTION,
    }
    return {name: values[name] for name in values if name in call.sent} or {"inputs": QUESTION}
