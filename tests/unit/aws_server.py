"""A server that replaces AWS for ordinary boto3 clients: it lets them assume roles and call functions."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from sandbox.models.json_handler import serving

OPERATOR = "arn:aws:iam::111122223333:role/osml-serverless-operator"
TAKEN = "AKIDOPERATOROPERATOR"
ROLE = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>{TAKEN}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2038-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


@dataclass
class Answered:
    """What AWS answers to one call of a function."""

    payload: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def proxied(status: int, body: Any, **headers: str) -> Answered:
    """The answer of a function behind an API."""
    return Answered({"statusCode": status, "headers": headers, "body": json.dumps(body)})


@dataclass
class AwsServer:
    """`calls` are (function, event with its parsed body, access key) of every call; `answer` makes the answers.

    `largest` is the number of bytes of the largest call.
    """

    url: str
    answer: Callable[[dict[str, Any]], Answered]
    calls: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    largest: int = 0


@contextmanager
def aws_server() -> Iterator[AwsServer]:
    """Run the server until the block ends; by default, every function answers 200 and `{}`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/":
                self._send(Answered(ROLE, headers={"Content-Type": "text/xml"}))
                return
            event = json.loads(body)
            aws.largest = max(aws.largest, len(body))
            if event.get("isBase64Encoded"):
                event["body"] = base64.b64decode(event["body"]).decode(errors="surrogatepass")
            key = self.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
            aws.calls.append((self.path.split("/")[3], event, key))
            self._send(aws.answer(event))

        def _send(self, answered: Answered) -> None:
            payload = answered.payload
            text = (payload if isinstance(payload, str) else json.dumps(payload)).encode()
            self.send_response(answered.status)
            for name, value in {"Content-Length": str(len(text)), **answered.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            return

    with serving(Handler) as url:
        aws = AwsServer(url, lambda _: proxied(200, {}))
        yield aws
