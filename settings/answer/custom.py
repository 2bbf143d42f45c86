"""Answers from a model whose connector the environment file writes itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from settings.answer import AnswerModel
from settings.quoted import begins_like_a_key, value
from settings.secret import Secret
from settings.statement import Statement
from settings.web_address import MOST_PORT

if TYPE_CHECKING:
    from settings import Environment

OWN = ("name", "version", "credential", "client_config", "description")
METHODS = ("POST", "GET")
PARAMETER = re.compile(r"\$\{parameters\.([A-Za-z0-9_-]+)(?::-([^}]*))?\}")
_SECRET_KEY = re.compile(r"\$\{credential\.secretArn\.([^}]*)\}")
_CREDENTIAL = re.compile(r"\$\{credential\.")
_KEY_HEADERS = ("authorization", "api-key", "x-api-key", "x-goog-api-key")


class CustomAnswer(AnswerModel):
    """The `connector` body for ml-commons, without name, version, credential and client_config, which osml adds.

    `llm_model` determines what the search pipeline sends and reads: `bedrock/…` sends `inputs` and reads `completion`,
    `bedrock-converse/…` sends `messages` and reads `output.message.content[0].text`, `cohere/…` sends `inputs` and
    reads `text`, any other sends `model` and `messages` and reads `choices[0].message.content`. With
    `llm_response_field`, `inputs` is sent and that field is read. `probe` are the parameters of a first call. The key
    in `secret` is the credential of the connector. `statements` are the permissions of its role, for a model on AWS.
    `trusted_endpoints` are regular expressions of the URLs that the engine may call in addition.
    """

    made_by = "custom_connector"

    provider: Literal["custom"]
    connector: dict[str, Any]
    llm_model: str = Field(pattern=r"^[A-Za-z0-9_.:/@-]+$", examples=["bedrock/my-model"])
    llm_response_field: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_]+$", examples=["completion"])
    secret: Secret | None = None
    statements: list[Statement] = Field(default_factory=list)
    trusted_endpoints: list[str] = Field(default_factory=list)
    probe: dict[str, Any] | None = None

    @property
    def key(self) -> Secret | None:
        return self.secret

    @property
    def shown(self) -> str:
        return self.llm_model

    @property
    def converses(self) -> bool:
        return self.llm_model.startswith("bedrock-converse/")

    def arguments(self, environment: Environment) -> dict[str, Any]:  # noqa: ARG002 of the interface
        return {
            "connector": self.connector,
            "statements": [(statement.actions, statement.resources) for statement in self.statements],
            "wildcards": {wild: statement.wildcards for statement in self.statements for wild in statement.wild},
            "trusted_endpoints": self.trusted_endpoints,
            "llm_model": self.llm_model,
            "llm_response_field": self.llm_response_field,
            "probe": self.first_call,
        }

    @property
    def action(self) -> dict[str, Any]:
        """The connector's only `predict` action."""
        predict: dict[str, Any] = next(action for action in self.connector["actions"] if _is_predict(action))
        return predict

    @property
    def url(self) -> str:
        """The action's URL with the connector's own parameters filled in."""
        return _filled(str(self.action["url"]), self.connector.get("parameters") or {})

    @property
    def sent(self) -> tuple[str, ...]:
        """The parameters that the search pipeline passes to the connector."""
        if self.llm_response_field or self.llm_model.startswith(("bedrock/", "cohere/")):
            return ("inputs",)
        return ("messages",)

    @property
    def first_call(self) -> dict[str, Any]:
        """`probe`, or a call like those of the search pipeline."""
        if self.probe is not None:
            return self.probe
        question = "Answer with the one word ready."
        if self.sent == ("inputs",):
            return {"inputs": question}
        message = {"role": "user", "content": [{"text": question}] if self.converses else question}
        return {"messages": [message], **({} if self.converses else {"model": self.llm_model})}

    @model_validator(mode="after")
    def _connector_is_whole(self) -> CustomAnswer:
        for fault in _faults(self.connector):
            raise ValueError(f"connector.{fault}")
        url = self.url
        address = re.fullmatch(r"https://[A-Za-z0-9_.-]+(?::([0-9]{1,5}))?(/[!-~]*)?", url)
        if address is None or not 0 < int(address[1] or 443) <= MOST_PORT:
            raise ValueError(f"connector.actions: url is {value(url)}, which is not an https address; correct it")
        return self

    @model_validator(mode="after")
    def _body_is_json(self) -> CustomAnswer:
        parameters = self.connector.get("parameters") or {}
        template = str(self.action.get("request_body", ""))
        used = list(PARAMETER.finditer(template))
        named = {placeholder[1] for placeholder in used}
        for name in self.sent:
            if name not in named and "pre_process_function" not in self.action:
                raise ValueError(
                    f"connector.actions: request_body does not use ${{parameters.{name}}}, which is all that a search "
                    f"with llm_model {self.llm_model!r} sends; put it in, or set another llm_model"
                )
        given = {"inputs": "a", "messages": "[]", "model": "a", "system_prompt": "a", **parameters}
        missing = [placeholder[1] for placeholder in used if placeholder[1] not in given and placeholder[2] is None]
        if missing:
            raise ValueError(
                f"connector.actions: request_body uses ${{parameters.{missing[0]}}}, which connector.parameters "
                "does not have; add it"
            )
        try:
            json.loads(_filled(template, given))
        except (ValueError, RecursionError) as fault:
            raise ValueError(
                f"connector.actions: request_body is not JSON once its parameters are filled in ({fault}); correct it"
            ) from None
        return self

    @model_validator(mode="after")
    def _key_is_a_secret(self) -> CustomAnswer:
        text = json.dumps(self.connector)
        if begins_like_a_key(text):
            raise ValueError(
                "connector contains text that looks like a key, which everybody could read; store it with `osml "
                "secret set` and "
                "write ${credential.secretArn.<key>}"
            )
        keys = set(_SECRET_KEY.findall(text))
        if len(keys) != len(set(_CREDENTIAL.findall(text))) and not keys:
            raise ValueError("connector uses ${credential.…} other than ${credential.secretArn.<key>}; use that one")
        if keys and self.secret is None:
            raise ValueError("connector uses ${credential.secretArn.…}, but secret is missing; add secret with name")
        if self.secret is not None and keys != {self.secret.key}:
            shown = ", ".join(sorted(keys)) or "none"
            raise ValueError(f"secret.key is {self.secret.key!r}, but connector uses {shown}; make them agree")
        for name, written in self.action.get("headers", {}).items():
            if name.lower() in _KEY_HEADERS and not _CREDENTIAL.search(written):
                raise ValueError(
                    f"connector.actions: the header {name} contains a key, which everybody could read; store it with "
                    "`osml secret set` and write ${credential.secretArn.<key>}"
                )
        return self


def _faults(connector: dict[str, Any]) -> Iterator[str]:
    for name in OWN:
        if name in connector:
            yield f"{name} is created by the deploy; remove it"
    if "protocol" not in connector:
        yield "protocol is missing; add it, http or aws_sigv4"
    if connector.get("protocol") not in ("http", "aws_sigv4"):
        yield f"protocol is {value(connector.get('protocol'))}, but must be http or aws_sigv4; set one of them"
    actions = connector.get("actions")
    if not isinstance(actions, list) or [_is_predict(action) for action in actions].count(True) != 1:
        yield "actions must be a list with one action of action_type predict; correct it"
        return
    action = next(action for action in actions if _is_predict(action))
    for name in ("method", "url", "request_body"):
        if not isinstance(action.get(name), str):
            yield f"actions: {name} is missing; add it, as text"
    if str(action.get("method")).upper() not in METHODS:
        yield f"actions: method is {value(action.get('method'))}, but must be POST or GET; set one of them"
    headers = action.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(header, str) for header in headers.values()):
        yield "actions: headers must be a group of texts, such as {content-type: application/json}; correct it"
    parameters = connector.get("parameters", {})
    if not isinstance(parameters, dict):
        yield "parameters must be a group of settings; correct it"
        return
    if connector["protocol"] == "aws_sigv4":
        for name in ("region", "service_name"):
            if name not in parameters:
                yield f"parameters: {name} is missing, which aws_sigv4 signs with; add it"


def _is_predict(action: Any) -> bool:
    return isinstance(action, dict) and str(action.get("action_type")).lower() == "predict"


def _filled(template: str, parameters: dict[str, Any]) -> str:
    def fill(match: re.Match[str]) -> str:
        value = parameters.get(match[1], match[0] if match[2] is None else match[2])
        return value if isinstance(value, str) else json.dumps(value)

    return PARAMETER.sub(fill, template)
