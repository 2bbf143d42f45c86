"""Scripts of an ingest pipeline that convert a document's fields before and after the processors that embed it.

The mapping of an index declares few fields and ignores all others (`dynamic: false`). No value therefore sets the type
of a field, and none is refused for its type. The other fields can be searched by one keyword field, `osml.labels`. It
contains `name=value` for each value; a label has at most 1,000 characters, and a document at most 1,000 labels.

Some fields go into the list `osml.kept`, which is stored but not indexed. These are fields whose names the engine
refuses or acts on, and fields whose values do not fit their declared type. The engine refuses objects in such a field,
and in a boolean field all words except true and false; `ignore_malformed` does not change that.

The embedding processors (neural-search 2.19 and later, ProcessorDocumentUtils.unflattenJson) turn names with dots into
objects and refuse blank names at any depth. Before 2.19.2 they also split lists of objects. They therefore get only
flat fields, and one JSON string carries the others past them. They also get the title before the text, and a vector
then represents the subject of the whole document; the stored text has no title.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# Who may see a document: `groups`, and its `loader`. There is no `ignore_above`, because a long group would then not be
# indexed, and a document without groups is visible to everybody.
ACCESS: Mapping[str, object] = {
    "dynamic": False,
    "properties": {"groups": {"type": "keyword"}, "loader": {"type": "keyword"}},
}
# The field that contains the words of title and text for searches.
WORDS = "osml.words"
TYPES: Mapping[str, Mapping[str, object]] = {
    "keyword": {"type": "keyword", "ignore_above": 8191},
    "number": {"type": "double", "ignore_malformed": True},
    "date": {"type": "date", "ignore_malformed": True},
    "boolean": {"type": "boolean"},
}

_STRING = re.compile(r"('(?:\\.|[^'\\])*')")
_SPACE = re.compile(r"\s*([{}()\[\];,=+<>!&|?:-])\s*")
_NAME = re.compile(r"(?<![\w.])[a-z]+\b")
_LONG = (
    *("written", "scalar", "label", "fits", "quoted", "json", "kept", "before", "given", "labels", "names"),
    *("text", "mended", "apart", "value", "depth", "path", "type", "said", "one", "all", "name", "odd"),
)
_NAMES = {name: chr(ord("A") + number) for number, name in enumerate(_LONG)}
_BEFORE = r"""
String written(def value) {
  if (value instanceof Double || value instanceof Float) {
    return BigDecimal.valueOf((double) value).stripTrailingZeros().toPlainString();
  }
  return '' + value;
}
boolean scalar(def value) {
  return !(value instanceof Map || value instanceof List);
}
void label(String path, def value, Set labels, Set names, int depth) {
  if (value == null || names.size() >= 1000 || labels.size() >= 1000) { return; }
  if (value instanceof Map && depth < 50) {
    for (def one : value.entrySet()) { label(path + '.' + one.key, one.value, labels, names, depth + 1); }
  } else if (value instanceof List && depth < 50) {
    for (def one : value) { label(path, one, labels, names, depth + 1); }
  } else if (scalar(value)) {
    String label = path + '=' + written(value);
    if (path.length() <= 500) { names.add(path); }
    if (label.length() <= 1000) { labels.add(label); }
  }
}
boolean fits(String type, def value) {
  if (value instanceof List) {
    for (def one : value) {
      if (!scalar(one) || !fits(type, one)) { return false; }
    }
    return true;
  }
  return scalar(value) && (type != 'boolean' || value == null || ['true', 'false', ''].contains('' + value));
}
String quoted(String text) {
  text = text.replace('\\', '\\\\').replace('"', '\\"');
  for (int i = 0; i < 32; i++) {
    text = text.replace(Character.toString((char) i), '\\u00' + (i < 16 ? '0' : '') + Integer.toHexString(i));
  }
  return '"' + text + '"';
}
String json(def value) {
  if (value instanceof Map) {
    StringBuilder all = new StringBuilder('{');
    for (def one : value.entrySet()) {
      all.append(all.length() == 1 ? '' : ',').append(quoted(one.key)).append(':').append(json(one.value));
    }
    return all.append('}').toString();
  }
  if (value instanceof List) {
    StringBuilder all = new StringBuilder('[');
    for (def one : value) { all.append(all.length() == 1 ? '' : ',').append(json(one)); }
    return all.append(']').toString();
  }
  return value instanceof String ? quoted(value) : '' + value;
}
List kept = [];
def before = ctx.remove('osml');
if (before instanceof Map && before.kept instanceof List) {
  for (def one : before.kept) {
    if (one instanceof Map && one.name instanceof String) { kept.add(one); }
  }
} else if (before != null && !(before instanceof Map)) {
  kept.add(['name': 'osml', 'value': before]);
}
for (def name : ['id', 'document', 'title']) {
  def value = ctx[name];
  if (value == null || value instanceof String) { continue; }
  if (scalar(value)) {
    ctx[name] = written(value);
  } else {
    kept.add(['name': name, 'value': ctx.remove(name)]);
  }
}
Map given = [:];
Set labels = new HashSet();
Set names = new HashSet();
for (def name : new ArrayList(ctx.keySet())) {
  if (params.ours.contains(name)) { continue; }
  def value = ctx[name];
  boolean odd = name.trim().isEmpty() || name.contains('.') || name.startsWith('_');
  if (odd || (params.types.containsKey(name) && !fits(params.types.get(name), value))) {
    kept.add(['name': name, 'value': ctx.remove(name)]);
  } else {
    if (!fits('', value)) { given.put(name, ctx.remove(name)); }
    label(name, value, labels, names, 0);
  }
}
for (def one : kept) { label(one.name, one.value, labels, names, 0); }
def text = ctx[params.text];
if (text instanceof String) {
  def said = text;
  if (ctx.title != null && !text.trim().isEmpty()) { said = ctx.title + ' ' + text; }
  // A surrogate without its other half: Base64 is of the text as UTF-8, which cannot hold one, and has `?` for it.
  said = said.encodeBase64().decodeBase64();
  ctx._text = said.substring(said.length() - text.length());
  ctx[params.text] = said;
}
if (!names.isEmpty() || !given.isEmpty() || !kept.isEmpty()) {
  ctx.osml = ['labels': new ArrayList(labels), 'names': new ArrayList(names)];
  if (!given.isEmpty() || !kept.isEmpty()) { ctx.osml.apart = json(['given': given, 'kept': kept]); }
}
for (def name : ['access', 'source', 'loaded']) {
  if (before instanceof Map && before[name] != null && (name == 'access' || before[name] instanceof String)) {
    ctx.putIfAbsent('osml', [:]);
    ctx.osml[name] = before[name];
  }
}
"""
_BEHIND = r"""
if (ctx._text != null) { ctx[params.text] = ctx.remove('_text'); }
if (ctx.osml != null && ctx.osml.apart != null) {
  def apart = Processors.json(ctx.osml.remove('apart'));
  for (def one : apart.given.entrySet()) { ctx.put(one.key, one.value); }
  if (!apart.kept.isEmpty()) { ctx.osml.kept = apart.kept; }
}
"""
# The time when a document was loaded. A document that another index version takes over keeps its time.
LOADED = {"set": {"field": "osml.loaded", "value": "{{_ingest.timestamp}}", "override": False}}
# Metadata that a document has only inside an ingest pipeline, and not in its source.
_ENGINE = ("_index", "_id", "_routing", "_version", "_version_type", "_if_seq_no", "_if_primary_term")


def with_fields(
    embedding: Sequence[Mapping[str, object]], text_field: str, made: Sequence[str], fields: Mapping[str, str]
) -> list[Mapping[str, object]]:
    """The processors in `embedding`, between the scripts that convert the fields.

    `made` are the fields that `embedding` writes; `fields` are the declared fields with their types.
    """
    script_parameters = {
        "ours": ["id", "document", "title", text_field, *made, *_ENGINE],
        "text": text_field,
        "types": dict(fields),
    }
    behind = _script(_BEHIND, params={"text": text_field})
    return [_script(_BEFORE, params=script_parameters), *embedding, behind, LOADED]


def _script(source: str, **more: object) -> dict[str, object]:
    return {"script": {"lang": "painless", "source": _short(source), **more}}


def _short(source: str) -> str:
    """`source` without white space and with one-letter names.

    The keeper's parameter in Systems Manager contains the script, and is free only up to 4 KB.
    """
    lines = (line.strip() for line in source.splitlines())
    parts = _STRING.split(" ".join(line for line in lines if line and not line.startswith("//")))
    return "".join(part if part.startswith("'") else _named(_SPACE.sub(r"\1", part)) for part in parts)


def _named(code: str) -> str:
    return _NAME.sub(lambda match: _NAMES.get(match[0], match[0]), code)


def field_mappings(fields: Mapping[str, str], language: str = "english") -> dict[str, object]:
    """The mapping's properties for the declared `fields`, and for the fields in `osml`; `language` is the analyzer."""
    words = {"type": "keyword", "ignore_above": 8191}
    ours = {
        "dynamic": False,
        "properties": {
            "labels": words,
            "names": words,
            "kept": {"type": "object", "enabled": False},
            "access": dict(ACCESS),
            "source": words,
            "loaded": {"type": "date", "ignore_malformed": True},
            WORDS.removeprefix("osml."): {"type": "text", "analyzer": language},
        },
    }
    return {**{name: dict(TYPES[type]) for name, type in fields.items()}, "osml": ours}
