"""Painless functions around Titan's text embeddings, for engines without the built-in ones (before OpenSearch 2.13).

ml-commons gives a script its texts escaped as JSON, without the quotes, and one at a time. What the script returns
is read as JSON once and what it names becomes a parameter of the request body, which is escaped unless it is a JSON
object or array, and searched for `${parameters.…}` once more. So the parameter is the whole body as one JSON text,
escaped a second time, in which no dollar sign stands as itself: whatever the text holds, Titan gets it unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

# `${parameters.body}` alone: no value of a document is ever pasted between quotes.
BODY = "${parameters.body}"


def pre_process(choices: Mapping[str, object]) -> str:
    """The script that makes Titan's body of the first text and `choices`, what the body holds besides it."""
    rest = json.dumps(json.dumps(dict(choices))[1:-1])[1:-1]
    tail = f", {rest}" if choices else ""
    return (
        "String text = params.text_docs[0];\n"
        f"text = text.replace({_literal(chr(92))}, {_literal(chr(92) * 2)});\n"
        f"text = text.replace({_literal(chr(34))}, {_literal(chr(92) + chr(34))});\n"
        f"text = text.replace({_literal('$')}, {_literal(chr(92) * 2 + 'u0024')});\n"
        f"return {_literal(_HEAD)} + text + {_literal(_TEXT_END + tail + _TAIL)};"
    )


def post_process() -> str:
    """The script that makes a tensor of Titan's answer."""
    head = '{"name":"sentence_embedding","data_type":"FLOAT32","shape":['
    return (
        f"return {_literal(head)} + params.embedding.size() + {_literal('],' + chr(34) + 'data' + chr(34) + ':')} "
        f"+ params.embedding + {_literal('}')};"
    )


def body(text: str, choices: Mapping[str, object]) -> str:
    """What `pre_process` makes of `text`, for a `_predict` that brings its own parameters."""
    return json.dumps({"inputText": text, **choices})


# Within `body`, which is a JSON text in a JSON text, a quote is \" and the quote that ends it is ".
_HEAD = '{"parameters":{"body":"{\\"inputText\\": \\"'
_TEXT_END = '\\"'
_TAIL = '}"}}'


def _literal(text: str) -> str:
    """`text` as Painless writes it between single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
