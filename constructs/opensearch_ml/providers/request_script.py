"""How the engine writes a text into the request of a model: as data, whatever the text holds.

ml-commons fills `${parameters.x}` into `request_body`, looks for more of them in what it has just filled in, and
refuses the request when one is left (HttpConnector.createPayload, Connector.validatePayload; 2.11 to 3.6). It also
leaves a text unescaped that is by itself a JSON object or array (ConnectorUtils.escapeRemoteInferenceInputData).

So `request_body` is one parameter alone, the whole body as one JSON text, and a Painless function makes it. No dollar
sign stands in it as itself, and JSON is not escaped anew. The connector is where every text passes: of documents,
questions, passages that the search pipeline hands on, and turns of a conversation; whoever has written them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

BODY = "${parameters.body}"
# Without it the function is run for texts only, and not for the parameters of a prediction (OpenSearch 2.12).
FOR_PARAMETERS = {"pre_process_function.process_remote_inference_input": "true"}
# A connector with a function of its own is given one text at a time, unless it says how many it takes.
TOGETHER = "input_docs_processed_step_size"
MOST_TOGETHER = 512

_PLACE = re.compile(r"\$\{parameters\.([\w.-]+?)(?::-([^}]*))?\}")
# What ml-commons turns into null, without the quotes, where nothing is given.
_NULL = re.compile(r'"\$\{parameters\.(\w+):-null\}"')
_CONTROL = re.compile(r"[\x00-\x1f]+")

_CHARACTER = """
String character(int number) {
  return Character.toString((char) number);
}
"""
# ml-commons escapes texts as JSON, without the quotes, before a function sees them.
_LISTED = """
String listed(List texts) {
  StringBuilder all = new StringBuilder('[');
  for (int i = 0; i < texts.size(); i++) {
    all.append(i == 0 ? '"' : ', "').append(texts.get(i)).append('"');
  }
  return all.append(']').toString();
}
"""
# A parameter that is JSON by itself comes as it is, any other escaped: then a backslash is before its first quote.
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
# JSON that came as it is may have line breaks between its tokens.
_WRITTEN = r"""
body = body.replace(character(10), ' ').replace(character(13), ' ').replace(character(9), ' ');
body = body.replace('\\', '\\\\').replace('"', '\\"').replace('$', '\\\\u0024');
return '{"parameters": {"body": "' + body + '"}}';
"""


class _Piece(NamedTuple):
    """A stretch of a template: as it is, or a parameter by `name` with its `default`, perhaps `quoted`."""

    text: str
    name: str | None = None
    default: str | None = None
    quoted: bool = False


def of_texts(template: str, names: Mapping[str, str]) -> dict[str, object]:
    """Members of an action that sends texts: what `request_body` would be, and what its parameters stand for.

    `names` gives for each parameter one of `texts` (all, as a JSON array), `text` (the first one, between quotes) and
    `query` (the question that texts are compared with, between quotes).
    """
    sources = {"texts": "listed(params.text_docs)", "text": "params.text_docs.get(0)", "query": "params.query_text"}
    parts = [_literal(piece.text) if piece.name is None else sources[names[piece.name]] for piece in _pieces(template)]
    return _members(_LISTED, parts)


def of_parameters(template: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """Members of an action that is given its parameters, as the search pipeline does that lets a model answer.

    `template` is what `request_body` would be. What a call does not give is taken from the connector's `parameters`,
    which need FOR_PARAMETERS besides.
    """

    def null(match: re.Match[str]) -> str:
        return match[0] if match[1] in parameters else "null"

    return _members(_INSIDE, [_given(piece, parameters) for piece in _pieces(_NULL.sub(null, template))])


def probe_of(template: str, values: Mapping[str, object]) -> dict[str, object]:
    """A `_predict` body with these values in `template`: what the function makes of texts, it is given itself."""
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
    """Parameters of a connector that takes so many texts `together`."""
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
    """A parameter of the connector that is made of others."""

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
    """`text` as Painless writes it between single quotes; ml-commons fills `${parameters.` in a function, too."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("${parameters.", "$' + '{parameters.") + "'"
