"""The page in one piece: its styles, scripts and icon are in the HTML, so a browser opens it with one request.

The modules of `web/` have imports and exports of one form, at the beginning of a line:
`import { a, b } from "./name.js";` and `export` before a declaration. Each module becomes a function that is called
once and returns its exports. A module comes after those that it imports. docs/decisions/0025-page-in-one-piece.md
"""

import base64
import hashlib
import re
from collections.abc import Callable

_IMPORT = re.compile(r'^import \{ (?P<names>[\w, ]+) \} from "\./(?P<module>[\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|class|function|async function\*?) ?(?P<name>\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*|\bimport\s*\(|\bimport\.meta\b", re.MULTILINE)
_NAMED = r'"rag/(?P<file>[\w.-]+)"'
_STYLE = re.compile(rf'<link rel="stylesheet" href={_NAMED}>')
_SCRIPT = re.compile(rf"<script src={_NAMED}></script>")
_MODULE = re.compile(rf'<script type="module" src={_NAMED}></script>')
_ICON = re.compile(r'(?P<place>(?:href|src)=)"rag/(?P<file>[\w.-]+\.svg)"')


class Unbundled(ValueError):
    """A file of the page has a form that cannot be put into one piece."""


def one_piece(html: str, read: Callable[[str], str]) -> tuple[str, dict[str, list[str]]]:
    """The page `html` with the contents of the files that it names; `read` returns the text of a file by its name.

    The second value is for the content security policy: the hashes of the `styles` and of the `scripts`.
    Raises `Unbundled`.
    """
    allowed: dict[str, list[str]] = {"styles": [], "scripts": []}

    def within(kind: str, tag: str, text: str) -> str:
        if f"</{tag.split()[0]}" in text:
            raise Unbundled(f"a file of the page holds </{tag.split()[0]}, which would end it within the HTML")
        allowed[kind].append(allowing(text))
        return f"<{tag}>{text}</{tag.split()[0]}>"

    def icon(match: re.Match[str]) -> str:
        data = base64.b64encode(read(match["file"]).encode()).decode()
        return f'{match["place"]}"data:image/svg+xml;base64,{data}"'

    html = _ICON.sub(icon, html)
    html = _STYLE.sub(lambda match: within("styles", "style", read(match["file"])), html)
    html = _SCRIPT.sub(lambda match: within("scripts", "script", read(match["file"])), html)
    html = _MODULE.sub(lambda match: within("scripts", 'script type="module"', bundle(match["file"], read)), html)
    return html, allowed


def allowing(text: str) -> str:
    """The source that allows `text` in a content security policy: its SHA-256 hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def bundle(entry: str, read: Callable[[str], str]) -> str:
    """The module `entry` and all that it imports, as one module. Raises `Unbundled`."""
    modules: dict[str, str] = {}
    _gather(entry, read, modules, ())
    return "".join(modules.values())


def _gather(name: str, read: Callable[[str], str], modules: dict[str, str], above: tuple[str, ...]) -> None:
    """Put the module `name` into `modules`, after those that it imports. Raises `Unbundled`."""
    if name in above:
        raise Unbundled(f"{name} imports itself by {' → '.join(above)}")
    if name in modules:
        return
    text = read(name)
    for match in _IMPORT.finditer(text):
        _gather(match["module"], read, modules, (*above, name))
    exported = [match["name"] for match in _EXPORT.finditer(text)]
    body = _EXPORT.sub(
        "", _IMPORT.sub(lambda match: f"const {{ {match['names']} }} = {_local(match['module'])};\n", text)
    )
    left = _OTHER.search(body)
    if left:
        raise Unbundled(f"{name}: {left[0]!r} is not put into one piece")
    modules[name] = f"const {_local(name)} = (() => {{\n{body}return {{ {', '.join(exported)} }};\n}})();\n"


def _local(module: str) -> str:
    return "$" + module.removesuffix(".js").replace("-", "_")
