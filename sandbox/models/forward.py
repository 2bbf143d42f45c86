"""A real answer model behind the DeepSeek endpoint, at any OpenAI-compatible base address."""

import http.client
import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

from sandbox.models.exchange import ModelResponse
from sandbox.models.key import KeyFile

_SECONDS = 120
# Members that only DeepSeek accepts; OpenAI refuses a request with an unknown member.
_OWN = ("thinking",)


class Forward:
    """Sends chat completions to `<url>/chat/completions` with another key and model name."""

    def __init__(self, url: str, key: KeyFile, model: str) -> None:
        """`url` is the base address, such as `https://host/v1`; raises `ValueError` if it is not http(s)."""
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"--answer-url is {url!r}. Give a base address that begins with http:// or https://.")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = f"{parts.path.rstrip('/')}/chat/completions"
        self._key = key
        self._model = model

    def send(self, body: dict[str, Any]) -> ModelResponse:
        """Return the model's status and body unchanged, or a 502 in DeepSeek's form if the model cannot be reached."""
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=_SECONDS)
        sent = {name: value for name, value in body.items() if name not in _OWN or self._host == "api.deepseek.com"}
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key.value()}"}
        try:
            connection.request("POST", self._path, json.dumps({**sent, "model": self._model}), headers)
            answer = connection.getresponse()
            sort = {"Content-Type": answer.getheader("Content-Type", "application/json")}
            if body.get("stream") is True and answer.status == 200:
                return ModelResponse(200, _relayed(connection, answer), sort)
            content = answer.read()
        except (OSError, http.client.HTTPException) as reason:
            connection.close()
            cause = type(reason).__name__
            message = f"The answer model at {self._host} could not be asked: {cause}. Check --answer-url."
            error = {"message": message, "type": "server_error", "param": None, "code": "bad_gateway"}
            return ModelResponse(502, json.dumps({"error": error}).encode(), {"Content-Type": "application/json"})
        connection.close()
        return ModelResponse(answer.status, content, sort)


def _relayed(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while piece := answer.read1(65_536):
            yield piece
    finally:
        connection.close()
