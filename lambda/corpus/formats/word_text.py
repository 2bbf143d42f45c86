"""The text of a part of a Word document, read from its tags."""

from corpus.formats.formula_parts import FormulaParts
from corpus.formats.joined_cells import JoinedCells
from corpus.formats.outline import Outline, row_of
from corpus.formats.package import Attributes, Package, attribute, described, local
from corpus.formats.raised import FORMULA, is_raised
from corpus.formats.symbols import in_font, symbol
from corpus.formats.whole_number import whole_number
from corpus.formats.word_numbers import WordNumbers
from corpus.formats.word_styles import LOWEST, ListPlace, WordStyles

# Fallback repeats Choice, instrText is the instruction of a field, and the others are deleted text or formatting.
UNSEEN = frozenset(("Fallback", "instrText", "delText", "delInstrText", "moveFrom", "rPr", "pPrChange"))
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t", **FORMULA}
_MATH = "/math "
# The sign of an n-ary operator (such as a sum) that names none.
_INTEGRAL = "∫"


class WordText:
    """Reads the tags of a part. A paragraph within another one, as in a text box, comes before the rest of that one."""

    def __init__(self, outline: Outline, styles: WordStyles, numbers: WordNumbers) -> None:
        self._outline, self._styles, self._numbers = outline, styles, numbers
        numbers.again()
        self._paragraphs: list[list[str]] = []
        self._level: list[int | None] = []
        # The number of each open paragraph in its list.
        self._number: list[str] = []
        # The properties of the current paragraph: its style, the list and the level in it, and whether it is deleted.
        self._style = ""
        self._list: str | None = None
        self._list_level: int | None = None
        self._is_deleted = False
        self._rows: list[list[str]] = []
        self._cells: list[list[str]] = []
        self._unseen = 0
        self._reading = self._raised = False
        self._font: str | None = None
        self._joined: list[JoinedCells] = []
        # The choices of the current form field, and the index of the chosen one; a check box has two choices.
        self._choices: list[str] = []
        self._choice = 0
        self._sign, self._ruby = "", ""
        self._parts = FormulaParts()

    def all(self, package: Package, part: str) -> None:
        """Read the whole part."""
        package.walk(part, self._start, self._end, self._said)

    def _start(self, tag: str, attributes: Attributes) -> None:
        name = local(tag)
        value = attribute(attributes, "val")
        if _MATH in tag and self._paragraphs and not self._unseen:
            self._paragraphs[-1].append(self._parts.open(name))
        if name == "r":
            self._raised, self._font = False, None
        # These are within `rPr`, whose content is skipped below.
        elif name == "vertAlign":
            self._raised = value == "superscript"
        elif name == "rFonts":
            self._font = attribute(attributes, "ascii") or attribute(attributes, "hAnsi")
        elif name == "del" and self._unseen:
            self._is_deleted = True
        if self._unseen or name in UNSEEN:
            self._unseen += 1
        elif name == "p":
            self._paragraphs.append([])
            self._level.append(None)
            self._number.append("")
        elif name == "pPr":
            self._style, self._list, self._list_level, self._is_deleted = "", None, None, False
        elif name == "tbl":
            self._outline.part()
            self._joined.append(JoinedCells())
        elif name == "tr":
            self._rows.append([])
            if self._joined:
                self._joined[-1].row()
        elif name == "tc":
            self._cells.append([])
        elif name in ("vMerge", "gridSpan") and self._joined:
            self._joined[-1].says(name, value)
        elif name == "t":
            self._reading = True
        elif self._paragraphs:
            self._within(name, attributes, value or "")
            if _MATH in tag:
                self._formula(name, value)

    def _within(self, name: str, attributes: Attributes, value: str) -> None:
        if name in _BREAKS:
            self._paragraphs[-1].append(_BREAKS[name])
        elif name == "pStyle":
            self._style = value
            self._level[-1] = self._styles.levels.get(value)
        elif name == "numId":
            self._list = value
        elif name == "ilvl":
            self._list_level = whole_number(value, self._list_level)
        elif name == "outlineLvl" and (level := whole_number(value, None)) is not None:
            self._level[-1] = level + 1 if level < LOWEST else None
        elif name in ("docPr", "shape") and (said := described(attributes) or attributes.get("alt")):
            self._paragraphs[-1].append(f" {said} ")
        elif name == "textpath" and (drawn := attribute(attributes, "string")):
            self._paragraphs[-1].append(f" {drawn} ")
        elif name == "sym" and (code := attribute(attributes, "char")):
            self._paragraphs[-1].append(symbol(code, attribute(attributes, "font")))
        elif name == "rt":
            self._paragraphs.append([])
        else:
            self._field(name, value)

    def _field(self, name: str, value: str) -> None:
        """Fields of forms: a box to tick, or a list to choose from."""
        if name == "checkBox":
            self._choices, self._choice = ["☐", "☒"], 0
        elif name in ("default", "checked", "result") and self._choices[:1] in ([], ["☐"]):
            self._choice = whole_number(value, int(value not in ("false", "off")))
        elif name == "ddList":
            self._choices, self._choice = [], 0
        elif name == "listEntry":
            self._choices.append(value)

    def _formula(self, name: str, value: str | None) -> None:
        if name == "naryPr":
            self._sign = _INTEGRAL
        elif name == "chr" and self._sign:
            self._sign = value or _INTEGRAL
        elif name in ("rad", "d"):
            self._paragraphs[-1].append("√" if name == "rad" else "(")

    def _said(self, text: str) -> None:
        if self._reading and not self._unseen and self._paragraphs:
            said, text = self._paragraphs[-1], in_font(text, self._font)
            if self._raised and said and is_raised(said[-1], text):
                said.append("^")
            said.append(text)

    def _end(self, tag: str) -> None:
        name = local(tag)
        if _MATH in tag and self._paragraphs and not self._unseen:
            self._parts.close()
        if self._unseen:
            self._unseen -= 1
        elif name == "t":
            self._reading = False
        elif name == "p" and self._paragraphs:
            self._paragraph("".join(self._paragraphs.pop()), self._level.pop(), self._number.pop())
        elif name == "pPr" and self._number and not self._is_deleted:
            self._number[-1] = self._counted()
        elif name == "tc" and self._cells and self._rows:
            said = " ".join(self._cells.pop())
            self._rows[-1].append(self._joined[-1].cell(said) if self._joined else said)
        elif name == "tr" and self._rows:
            self._row(row_of(self._rows.pop()))
        elif name == "tbl" and self._joined:
            self._joined.pop()
        elif self._paragraphs:
            self._end_within(name, tag)

    def _end_within(self, name: str, tag: str) -> None:
        said = self._paragraphs[-1]
        if name in ("checkBox", "ddList") and self._choice < len(self._choices):
            said.append(self._choices[self._choice])
            self._choices = []
        elif name == "rt" and len(self._paragraphs) > 1:
            self._ruby = "".join(self._paragraphs.pop())
        elif name == "ruby":
            said.append(f"({self._ruby})")
        elif name == "naryPr":
            said.append(self._sign)
            self._sign = ""
        elif name == "d" and _MATH in tag:
            said.append(")")

    def _counted(self) -> str:
        """The number of the paragraph whose properties end here."""
        of_style = self._numbers.of_style(self._style)
        id = self._list or (of_style.list if of_style else None)
        level = of_style.level if of_style and self._list_level is None else self._list_level
        return self._numbers.next(ListPlace(id, level)) if id else ""

    def _paragraph(self, text: str, level: int | None, number: str) -> None:
        # Word shows the number of an empty paragraph; it says something only in a cell, such as that of a first column.
        if not text.strip() and not (self._cells and number):
            return
        text = f"{number} {text.lstrip()}" if number else text
        if self._cells:
            self._cells[-1].append(" ".join(text.split()))
        elif level is not None:
            self._outline.heading(level, text)
        else:
            self._outline.block(text)

    def _row(self, text: str) -> None:
        """End a row; the row of a table within a cell is part of that cell."""
        if self._cells:
            self._cells[-1].append(text)
        else:
            self._outline.block(text, "\n")
