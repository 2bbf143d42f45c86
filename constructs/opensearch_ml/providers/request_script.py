"""How the engine writes a text into a model's request: as data, whatever the text contains.

ml-commons replaces `${parameters.x}` in `request_body` and then also in the values that it has just filled in. It
refuses the request if one is left (HttpConnector.createPayload, Connector.validatePayload; 2.11 to 3.6). It also does
not escape a text that is itself a JSON object or array (ConnectorUtils.escapeRemoteInferenceInputData).

Therefore `request_body` consists of one parameter, the whole body as one JSON string, and a Painless function writes
it. Dollar signs in it are escaped, and JSON is not escaped again. This is done in the connector because every text
passes through it: documents, questions, passages from the search pipeline, and turns of a conversation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

BODY = "${parameters.body}"
# Without this parameter the function runs only for texts, and not for the parameters of a prediction (OpenSearch 2.12).
FOR_PARAMETERS = {"pre_process_function.process_remote_inference_input": "true"}
# A connector with its own function gets one text at a time, unless this parameter sets how many it takes.
TOGETHER = "input_docs_processed_step_size"
MOST_TOGETHER = 512

_PLACE = re.compile(r"\$\{parameters\.([\w.-]+?)(?::-([^}]*))?\}")
# ml-commons replaces this, with its quotes, by null if the parameter is not given.
_NULL = re.compile(r'"\$\{parameters\.(\w+):-null\}"')
_CONTROL = re.compile(r"[\x00-\x1f]+")

_CHARACTER = """
String character(int number) {
  return Character.toString((char) number);
}
"""
# Before the function runs, ml-commons escapes texts as JSON, without the quotes.
_LISTED = """
String listed(List texts) {
  StringBuilder all = new StringBuilder('[');
  for (int i = 0; i < texts.size(); i++) {
    all.append(i == 0 ? '"' : ', "').append(texts.get(i)).append('"');
  }
  return all.append(']').toString();
}
"""
# A parameter that is itself JSON arrives as it is. Any other arrives escaped, with a backslash before its first quote.
_INSIDE = r"""
String inside(String text) {
  int quote = text.indexOf('"');
  if (quote < 0 || (quote > 0 && text.charAt(quote - 1) == (char) 92)) {
    return text;
  }
  text = text.replace('\\', '\\\\').replace('"', '\\"');
  return text.replace(character(10), '\\n').replace(character(13), '\\r').replace(character(9), '\\t');
}
"""
# JSON that arrived as it is may have line breaks between its tokens.
_WRITTEN = r"""
body = body.replace(character(10), ' ').replace(character(13), ' ').replace(character(9), ' ');
body = body.replace('\\', '\\\\').replace('"', '\\"').replace('$', '\\\\u0024');
return '{"parameters": {"body": "' + body + '"}}';
"""


class _Piece(NamedTuple):
    """A part of a template: literal `text`, or the parameter `name` with its `default`; `quoted` if inside quotes."""

    text: str
    name: str | None = None
    default: str | None = None
    quoted: bool = False


def of_texts(template: str, names: Mapping[str, str]) -> dict[str, object]:
    """Members of an action that sends texts; `template` is the body that `request_body` would contain.

    `names` maps each parameter of the template to its value: `texts` (all texts, as a JSON array), `text` (the first
    one, between quotes) or `query` (the question that texts are compared with, between quotes).
    """
    sources = {"texts": "listed(params.text_docs)", "text": "params.text_docs.get(0)", "query": "params.query_text"}
    parts = [_literal(piece.text) if piece.name is None else sources[names[piece.name]] for piece in _pieces(template)]
    return _members(_LISTED, parts)


def of_parameters(template: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """Members of an action whose calls contain parameters, such as those of a search pipeline that generates answers.

    `template` is the body that `request_body` would contain. A parameter that a call does not contain is taken from the
    connector's `parameters`, which must also include FOR_PARAMETERS.
    """

    def null(match: re.Match[str]) -> str:
        return match[0] if match[1] in parameters else "null"

    return _members(_INSIDE, [_given(piece, parameters) for piece in _pieces(_NULL.sub(null, template))])


def probe_of(template: str, values: Mapping[str, object]) -> dict[str, object]:
    """A `_predict` body with these values in `template`; it contains the body that the function would write."""
    body = "".join(
        piece.text
        if piece.name is None
        else json.dumps(values[piece.name])[1:-1]
        if piece.quoted
        else json.dumps(values[piece.name])
        for piece in _pieces(template)
    )
    return {"parameters": {"body": body}}


def with_parameters(given: Mapping[str, object], *, together: int | None = None) -> dict[str, object]:
    """Parameters of a connector that takes up to `together` texts in a call (default: MOST_TOGETHER)."""
    return {**given, TOGETHER: str(together or MOST_TOGETHER)}


def _members(functions: str, parts: list[str]) -> dict[str, object]:
    script = f"{_CHARACTER}{functions}String body = {' + '.join(parts)};{_WRITTEN}"
    return {"request_body": BODY, "pre_process_function": script.strip()}


def _given(piece: _Piece, parameters: Mapping[str, object]) -> str:
    if piece.name is None:
        return _literal(piece.text)
    named = _literal(piece.name)
    value = f"params[{named}]"
    if piece.quoted:
        value = f"inside({value})"
    default = piece.default
    if piece.name in parameters:
        default = _filled(str(parameters[piece.name]), parameters)
    if default is None:
        return value
    return f"(params.containsKey({named}) ? {value} : {_literal(default)})"


def _filled(text: str, parameters: Mapping[str, object]) -> str:
    """`text` with the connector's `parameters` filled in, and with those in their values."""

    def fill(match: re.Match[str]) -> str:
        rest = {name: value for name, value in parameters.items() if name != match[1]}
        if match[1] in parameters:
            return _filled(str(parameters[match[1]]), rest)
        return match[0] if match[2] is None else match[2]

    return _PLACE.sub(fill, text)


def _pieces(template: str) -> list[_Piece]:
    # In JSON a line break is white space between tokens.
    template = _CONTROL.sub(" ", template)
    pieces: list[_Piece] = []
    end, quoted = 0, False
    for place in _PLACE.finditer(template):
        text = template[end : place.start()]
        quoted ^= len(re.findall(r'(?<!\\)(?:\\\\)*"', text)) % 2 == 1
        pieces += [_Piece(text)] if text else []
        pieces.append(_Piece("", place[1], place[2], quoted))
        end = place.end()
    return [*pieces, _Piece(template[end:])] if template[end:] else pieces


def _literal(text: str) -> str:
    """`text` as a Painless literal; `${parameters.` is split, because ml-commons also replaces it in a function."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("${parameters.", "$' + '{parameters.") + "'"
