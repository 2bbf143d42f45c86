"""Rich Text (rtf), read by striprtf."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from striprtf.striprtf import rtf_to_text

from corpus.formats import Reading, Row, whole
from corpus.formats.outline import BETWEEN_CELLS, WORDS
from corpus.formats.plain import document_row

# striprtf leaves out these groups, so they are turned into paragraphs.
_BESIDE = re.compile(r"(?:\\\*)?\\(?:footnote|annotation|header[lrf]?|footer[lrf]?|shptxt)(?![A-Za-z])")
_BESIDE_OR_BRACE = re.compile(rf"\\[\\{{}}]|[{{}}]|{_BESIDE.pattern}")
# A superscript number directly behind a word or another number.
_RAISED = re.compile(
    r"(?<=[^\s{}])(\{(?:\\[a-z]{1,32}-?\d{0,10}\s?){0,20}\\super(?:\\[a-z]{1,32}-?\d{0,10}){0,20}\s?)(?=-?\d)"
)
# A shape contains text, and so do the shown result of an embedded file and the number of a paragraph; a shape's
# properties are not text.
_SHAPE = re.compile(r"(?:\\\*)?\\(?:shpinst|shp|object|result|pntext)(?![A-Za-z]) ?")
_PROPERTY = re.compile(r"\{\\sp(?![A-Za-z])")
# A text in two forms, of which the second one has all characters.
_FORMS, _SECOND_FORM = re.compile(r"\\upr\s?\{"), re.compile(r"\{\\\*\\ud(?![A-Za-z])")
# Deleted text of tracked changes.
_DELETED = re.compile(r"\{((?:\\[a-z]{1,32}-?\d{0,10}\s?){0,30}\\deleted(?![A-Za-z0]))")
# The separator of cells in striprtf's output, and a private character for it while it is text.
_BAR, _TEXT_BAR = "|", "\ue000"
# The encoding of escaped characters in a file that names no code page.
_ENCODINGS = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_ENCODING = re.compile(r"\\(mac|pca?)(?![A-Za-z])")
_HEAD = 200
# A font that names no character set: striprtf gives it the set of the next font, and takes quadratic time to find one.
_FONTS, _BRACE = re.compile(r"\{[^{}]*\\fonttbl"), re.compile("[{}]")
_DEFAULT_FONT = re.compile(r"\\deff(\d{1,5})(?!\d)")
_WITHOUT_SET = re.compile(r"\\f\d{1,5}(?!\d)(?![^;]{0,200}\\fcharset\d[^;]{0,200};)")
_TITLE = re.compile(r"\{\\title\s([^{}\\]{1,500})\}")


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row."""
    content = whole(file)
    if not content.lstrip().startswith(b"{\\rtf"):
        yield Row(name, reason="is not readable Rich Text")
        return
    source = _decoded(content)
    title = _TITLE.search(source)
    named = _ENCODING.search(source, 0, _HEAD)
    readable = _PROPERTY.sub(r"{\\*\\sp", _SHAPE.sub("", _apart(_RAISED.sub(r"\1^", _readable(source)))))
    encoding = _ENCODINGS[named[1]] if named else "cp1252"
    text: str = rtf_to_text(readable, encoding, errors="replace")  # type: ignore[no-untyped-call] # of striprtf 0.0
    text = text.replace(f"{_BAR}\n", "\n").replace(_BAR, BETWEEN_CELLS).replace(_TEXT_BAR, _BAR)
    yield document_row(name, reading, text.translate(WORDS), title and title[1])


def _decoded(content: bytes) -> str:
    """Characters beyond ASCII are escaped; unescaped ones are UTF-8, or else Windows-1252."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _readable(source: str) -> str:
    """Mark groups that are not shown, because striprtf leaves out only groups that are marked (`\\*`)."""
    marked = _with_sets(source)
    marked = _FORMS.sub(r"{\\*\\upr ", _SECOND_FORM.sub("{", marked))
    return _DELETED.sub(r"{\\*\\deleted \1", marked).replace(_BAR, _TEXT_BAR)


def _apart(source: str) -> str:
    """The source with each text that stands beside the others, such as a note, as a paragraph of its own."""
    said: list[str] = []
    beside: list[bool] = []
    at = 0
    for piece in _BESIDE_OR_BRACE.finditer(source):
        said.append(source[at : piece.start()])
        at = piece.end()
        mark = piece[0]
        if mark == "{":
            beside.append(False)
        elif mark == "}" and beside and beside.pop():
            mark = "\\par }"
        elif _BESIDE.fullmatch(mark):
            beside[-1:] = [True]
            mark = "\\par "
        said.append(mark)
    return "".join([*said, source[at:]])


def _with_sets(source: str) -> str:
    """The source with its default font, and without those that name no character set, for which the file's counts."""
    fonts = _FONTS.search(source)
    if fonts is None:
        return source
    depth, end = 0, len(source)
    for brace in _BRACE.finditer(source, fonts.start()):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            end = brace.end()
            break
    # striprtf takes the default font only where a text says \\plain.
    head = _DEFAULT_FONT.sub(r"\g<0>\\f\1", source[: fonts.start()], count=1)
    return head + _WITHOUT_SET.sub("", source[fonts.start() : end]) + source[end:]
