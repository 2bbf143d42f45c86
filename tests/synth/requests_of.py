"""What a connector's function writes into a request, computed here as the engine does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PART = re.compile(
    r"'(?P<text>(?:\\.|[^'\\])*)'|\(params\.containsKey\('(?P<asked>[\w.-]+)'\) \? (?P<value>[^:]+) : "
    r"'(?P<otherwise>(?:\\.|[^'\\])*)'\)|(?P<given>inside\(params\['[\w.-]+'\]\)|params\['[\w.-]+'\])"
    r"|(?P<texts>listed\(params\.text_docs\))|(?P<first>params\.text_docs\.get\(0\))|(?P<query>params\.query_text)"
)


def sent(action: Mapping[str, Any], texts: tuple[str, ...] = (), query: str = "", **given: str) -> Any:
    """The body for these texts, or for parameters in the engine's form: escaped, or JSON."""
    assert action["request_body"] == "${parameters.body}"
    (line,) = re.findall(r"^String body = (.*);$", action["pre_process_function"], re.MULTILINE)
    body, end = "", 0
    for part in _PART.finditer(line):
        assert line[end : part.start()] in ("", " + ")
        end = part.end()
        if part["texts"]:
            body += json.dumps(texts)
        elif part["first"]:
            body += json.dumps(texts[0])[1:-1]
        elif part["query"]:
            body += json.dumps(query)[1:-1]
        elif part["given"]:
            body += given[re.findall(r"'(.+)'", part["given"])[0]]
        elif part["asked"]:
            body += given.get(part["asked"], _literal(part["otherwise"]))
        else:
            body += _literal(part["text"])
    assert end == len(line)
    return json.loads(body)


def _literal(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
