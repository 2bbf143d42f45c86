"""Further small inputs like those that people have reported for document readers: none of their text is lost."""

import base64
import codecs
import io
import zipfile
from importlib import import_module

import pytest

from corpus.endings import FORMATS
from corpus.formats.encoding import decoded
from corpus.formats.flat import as_archive
from corpus.formats.loose_json import corrected
from corpus.formats.mail import rows as message
from corpus.formats.mdx import without_code
from corpus.formats.rich_text import rows as rich_text
from tests.unit.growth import grows_in_proportion
from tests.unit.office_files import CORE, archive, docx, odt, paragraph, pptx, shape
from tests.unit.reading import TEXT, documents, reasons, texts
from tests.unit.test_corpus_office import with_parts
from tests.unit.test_corpus_reported import MAIL, PAGE, Content, book, cell, mail, run, workbook

MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
LONG_INTEGER, LONGER_INTEGER = "9" * 20, "9" * 5000
ROWS = "".join(f"{number},Größe\n" for number in range(9))
PAGES: dict[str, tuple[Content, str]] = {
    "an ordered list": ("<ol start=3><li>three<li><p>four</p><ul><li>x</ul></ol>", "3. three\n\n4. four\n\nx"),
    "a list in letters and one in Roman numbers": (
        "<ol type=A><li>a<li value=28>b</ol><ol type=i><li value=14>c</ol>",
        "A. a\nAB. b\n\nxiv. c",
    ),
    "a list that is counted backwards": ("<ol reversed><li>b<li>a</ol>", "b\na"),
    "a table in an item of a list": (
        "<ol><li>Set<table><tr><th>p<th>q<tr><td>1<td>2</table>then<li>End</ol>",
        "1. Set\n\np | q\n1 | 2\n\nthen\n2. End",
    ),
    "only the text for browsers without scripts": ("<noscript><p>The text</p></noscript>", "The text"),
    "the warning for browsers without scripts": ("<body><noscript>Turn on scripts</noscript><p>x</p>", "x"),
    "a fraction and a power": (
        "<math><mfrac><mi>a</mi> <mi>b</mi></mfrac></math> <math><msup><mi>x</mi><mn>2</mn></msup></math>",
        "a/b x^2",
    ),
    "a sum, a root and a matrix": (
        "<math><munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><msqrt><mn>2</mn></msqrt> "
        "<mtable><mtr><mtd>1</mtd><mtd>2</mtd></mtr><mtr><mtd>3</mtd><mtd>4</mtd></mtr></mtable></math>",
        "∑_i^n√2 1 2; 3 4",
    ),
    "a formula in two vocabularies": (
        "<math><semantics><mi>a</mi><annotation-xml><ci>a</ci></annotation-xml></semantics></math>",
        "a",
    ),
    "the places of a picture": ("<map><area alt='North dock'></map>", "North dock"),
    "buttons of a form": ("<input type=submit value=Search><input type=image alt=Send>", "Search Send"),
    "an icon with a name": ("<table><tr><td>Fish<td><i role=img aria-label=yes></i></table>", "Fish | yes"),
    "elements of programs that touch": ("<my-tab>One</my-tab><my-tab>Two</my-tab>", "One Two"),
    "the number of a note of a book": (
        "<p>cod<a epub:type=noteref href=#a>1</a>, <a role=doc-noteref>2</a> and 10<sup><a>6</a></sup> <a>7</a>",
        "cod^1, 2 and 10^6 7",
    ),
    "a reading without brackets": ("<ruby>漢<rt>kan</rt></ruby>字", "漢(kan)字"),
    "the meaning of an abbreviation": (
        "<p><abbr title='World  Health Organization'>WHO</abbr> and <dfn title=net>n<b>e</b>t</dfn>: WHO is "
        "<abbr title='World Health Organization'>WHO</abbr>. European Union (<abbr title='European Union'>EU</abbr>)",
        "WHO (World Health Organization) and net: WHO is WHO. European Union (EU)",
    ),
    "the page for browsers without frames": (
        "<frameset><frame src=a><noframes><body><p>One <b>two</b></p><p>Three</p></body></noframes></frameset>",
        "One two\n\nThree",
    ),
    "a page beside that for other browsers": ("<p>One</p><noembed><p>no</p></noembed><noframes>no</noframes>", "One"),
    "the chosen option of a list": (
        "<p>In <select><option>no<option selected>O<b>s</b>lo<optgroup><option>no</select>, on "
        "<select multiple><option>Mon<option><option label=Tue></select>",
        "In Oslo , on Mon, Tue",
    ),
    "an encoding that is a part of another one": (
        b"<meta charset=ks_c_5601-1987><p>" + "똠방각하".encode("cp949"),
        "똠방각하",
    ),
    "a damaged byte": (("<meta charset=utf-8><p>" + "Größe " * 9).encode() + b"\xffEnd", ("Größe " * 9) + "\ufffdEnd"),
}
MARKDOWN: dict[str, tuple[Content, str]] = {
    "an ordered list": ("3. three\n4. four\n\n   more\n", "3. three\n\n4. four\n\nmore"),
    "more cells than the first row has": (
        "| A | B |\n|---|---|\n| 1 | 2 | 3 | 4 |\n| 5 | 6 |\n",
        "A | B\n1 | 2 | 3 | 4\n5 | 6",
    ),
}
TEXTS: dict[str, tuple[str, Content, list[str]]] = {
    "UTF-8 with a damaged byte": ("a.txt", "Größe und Maß".encode() + b"\x81!", ["Größe und Maß\ufffd!"]),
    "UTF-8 that is cut": ("a.txt", "Größe und Maß, ö".encode()[:-1], ["Größe und Maß, \ufffd"]),
    "UTF-8 and Windows-1252": ("a.txt", "Größe und Maß für Öl, ".encode() + b"\xfcber", ["Größe und Maß für Öl, über"]),
    "UTF-8 behind a mark, and Windows-1252": (
        "a.csv",
        codecs.BOM_UTF8 + f"id,text\n{ROWS}".encode() + b"9,Stra\xdfe\n",
        ["Größe"] * 9 + ["Straße"],
    ),
    "a table that is cut": ("a.csv", f"id,text\n{ROWS}9,ö".encode()[:-1], ["Größe"] * 9 + ["\ufffd"]),
    "pairs of surrogates": ("a.txt", b"smile \xed\xa0\xbd\xed\xb8\x80 end", ["smile 😀 end"]),
    "a separator behind the last cell of each row only": ("a.csv", "id,text\n1,a,\n2,b,\n", ["a", "b"]),
    "spaces before quotes in the first row": ("a.csv", '"id", "text"\n1, "a, b"\n2, "c"\n', ["a, b", "c"]),
    "rows of spaces and an end of DOS": ("a.csv", "id,text\n1,a\n   \n2,b\n\x1a", ["a", "b"]),
    "tables one after the other": ("a.csv", "id,text\n1,a\nid,text\n2,b\n", ["a", "b"]),
    "an integer of twenty digits": ("a.json", f'[{{"id":{LONG_INTEGER},"text":"a"}},{{"text":"b"}}]', ["a", "b"]),
    "an integer of 5,000 digits": ("a.json", f'[{{"n":{LONGER_INTEGER},"text":"a"}},{{"text":"b"}}]', ["a", "b"]),
    "a number beyond all floats": ("a.json", '[{"n":1e999,"text":"a"},{"n":-1E+400,"text":"b"}]', ["a", "b"]),
    "a line end within a string": ("a.json", '[{"text":"a\n\tb"}]', ["a\n\tb"]),
    "a tab within a string": ("a.jsonl", '{"text":"a\tb"}\n', ["a\tb"]),
    "an array in a line": ("a.jsonl", '[{"text":"a"},{"text":"b"}]\n{"text":"c"}\n', ["a", "b", "c"]),
    "an array over lines": ("a.ndjson", '[\n{"text":"a"},\n{"text":"b"}\n]\n', ["a", "b"]),
    "a sequence of JSON": ("a.jsonl", '\x1e{"text":"a"}\n\x1e{"text":"b"}\n', ["a", "b"]),
    "folded lines of a calendar": (
        "a.ics",
        "BEGIN:VEVENT\r\nSUMMARY:Quarterly mee\r\n ting\\, room 4\r\nDESCRIPTION:One\\nTwo\r\nEND:VEVENT\r\n",
        ["BEGIN:VEVENT\r\nSUMMARY:Quarterly meeting, room 4\r\nDESCRIPTION:One\nTwo\r\nEND:VEVENT"],
    ),
    "an old address card": (
        "a.vcf",
        "NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Gr=C3=BC=C3=9Fe an =\r\nalle\r\nTEL:1=2\r\n",
        ["NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Grüße an alle\r\nTEL:1=2"],
    ),
    "a log in colors": (
        "a.log",
        "\x1b[31mERROR\x1b[0m disk\nN\bNA\bAME _\bx \x1b]0;title\x07y",
        ["ERROR disk\nNAME x y"],
    ),
    "a notebook in colors": (
        "a.ipynb",
        '{"cells":[{"cell_type":"code","source":"x","outputs":[{"text":"\\u001b[31mERR\\u001b[0m"}]}]}',
        ["x\n\nERR"],
    ),
    "subtitles that roll": (
        "a.vtt",
        "WEBVTT\nKind: captions\nLanguage: en\n\n00:00.000 --> 00:02.000\nhello\n\n00:02.000 --> 00:02.010\nhello\n\n"
        "00:02.010 --> 00:04.000\nhello\nthis<00:03.000><c> is</c>\n\n00:04.000 --> 00:04.010\nthis is\n",
        ["hello\nthis is"],
    ),
    "subtitles that repeat a word later": (
        "a.srt",
        "1\n00:00:01,000 --> 00:00:02,000\nNo\n\n2\n00:00:03,000 --> 00:00:04,000\nNo\n",
        ["No\nNo"],
    ),
    "subtitles without empty lines": (
        "a.srt",
        "1\n00:00:00,000 --> 00:00:01,000\nOne\n2\n00:00:01,000 --> 00:00:02,000\n{\\an8}Two\n",
        ["One\nTwo"],
    ),
    "XML in an encoding of several bytes": (
        "a.xml",
        '<?xml version="1.0" encoding="GBK"?><a>中文</a>'.encode("gbk"),
        ["a: 中文"],
    ),
}
RICH_TEXT: dict[str, tuple[Content, str]] = {
    "an exponent": (
        rb"{\rtf1 10{\super 6}, 10{\fs20\super\b -3} and the 1{\super st} {\super 2}}",
        "10^6, 10^-3 and the 1st 2",
    ),
    "a note within a word": (
        rb"{\rtf1 cod{\footnote\pard \{b\} {\b swim}}s {\annotation why}e}",
        "cod\n{b} swim\ns \n why\ne",
    ),
    "a hyphen that is not shown, and a ligature": (rb"{\rtf1 ex\-am\u64257?ne}", "examfine"),
    "unescaped UTF-8": ("{\\rtf1\\ansi Grüße}", "Grüße"),
    "characters of the Macintosh": (rb"{\rtf1\mac caf\'8e}", "café"),
    "characters of DOS": (rb"{\rtf1\pc caf\'82}", "café"),
    "deleted text": (rb"{\rtf1 a{\cf1\deleted\revauthdel1 gone}b}", "ab"),
    "what an embedded file shows": (rb"{\rtf1 a {\object{\*\objdata 01}{\result shown}} b}", "a shown b"),
    "a text in two forms": (rb"{\rtf1 {\upr{a?}{\*\ud{a\u8364?}}}}", "a€"),
    "numbers of paragraphs in both forms": (
        rb"{\rtf1{\pard{\listtext 1.\tab}One\par}{\pard{\pntext\f0 2.\tab}{\*\pn\pnlvlbody{\pntxta.}}Two\par}}",
        "1.\tOne\n2.\tTwo",
    ),
    "fonts with character sets of their own, and one without": (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fnil Arial;}{\f1\fnil\fcharset204 Arial;}}\f1\'cf\'f0 \f0 caf\'e9}",
        "Пр café",
    ),
    "a font without a character set in a file in Cyrillic": (
        rb"{\rtf1\ansi\ansicpg1251\deff0{\fonttbl{\f0\fnil Arial;}{\f1\fnil\fcharset238 A;}}\f0\'cf{\f1 \'b9}}",
        "Пą",
    ),
    "the default font": (
        rb"{\rtf1\ansi\deff1{\fonttbl{\f0\fnil\fcharset0 A;}{\f1\fnil\fcharset204 A;}}\'cf{\f0 \'e9}\'e8}",
        "Пéи",
    ),
    "a bar": (rb"{\rtf1 a|b\par\trowd\cellx1\cellx2 c\cell d\cell\row}", "a|b\nc | d"),
}
MESSAGES: dict[str, tuple[bytes, str]] = {
    "an extension of the encoding": (mail("똠방".encode("cp949"), "text/plain; charset=ks_c_5601-1987"), "똠방"),
    "quotation marks of Windows": (mail(b"\x93Hi\x94", "text/plain; charset=iso-8859-1"), "“Hi”"),
    "no separator of the parts": (MAIL + b"Content-Type: multipart/mixed\r\n\r\nThe only text\r\n", "The only text"),
    "a subject in Windows-1252": (
        b"Subject: Gr\xfc\xdfe aus\r\n K\xf6ln\r\n" + MAIL + b"\r\nmain",
        "main",
    ),
    "a header of nested brackets": (MAIL.replace(b"a@b.example", b"(" * 2_000) + b"\r\nmain", "main"),
    "an empty line before the headers": (b"\r\n" + MAIL + b"\r\nmain", "main"),
}
BOOKS: dict[str, tuple[str, str, list[str]]] = {
    "a type in capitals": ('<item id="a" href="a.xhtml" media-type="Text/HTML"/>', "a", ["main"]),
    "a wrong type": ('<item id="a" href="a.xhtml" media-type="application/octet-stream"/>', "a", ["main"]),
    "no type": ('<item id="a" href="a.xhtml"/>', "a", ["main"]),
    "a page that is the contents too": (f'<item id="a" properties="nav" href="a.xhtml" {PAGE}/>', "a", ["main"]),
}
FORMULA = (
    "<math:math xmlns:math='http://www.w3.org/1998/Math/MathML'><math:semantics><math:mrow><math:mi>E</math:mi>"
    "<math:mo>=</math:mo><math:mi>m</math:mi><math:msup><math:mi>c</math:mi><math:mn>2</math:mn></math:msup></math:mrow>"
    "<math:annotation>E = m c^2</math:annotation></math:semantics></math:math>"
)
CHART = (
    "<c:chart xmlns:c='urn:c' xmlns:text='urn:t' xmlns:table='urn:b'><c:title><text:p>Sales by port</text:p></c:title>"
    "<table:table><table:table-row><table:table-cell><text:p>Oslo</text:p></table:table-cell></table:table-row>"
    "</table:table></c:chart>"
)
OBJECTS = "".join(f"<draw:object href='./Object {number}'/>" for number in (1, 2, 2, 3))


def with_objects(content: bytes) -> bytes:
    return with_parts(content, {"Object 1/content.xml": FORMULA, "Object 2/content.xml": CHART})


WORD_2003 = 'xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"'
PARTS = 'xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"'


def flat_opc(content: bytes) -> bytes:
    """The parts of an Office file in one XML file."""
    parts = ""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        for name in opened.namelist():
            part = opened.read(name).decode()
            parts += f'<pkg:part pkg:name="/{name}"><pkg:xmlData>{part}</pkg:xmlData></pkg:part>'
    return f'<?xml version="1.0"?><pkg:package {PARTS}>{parts}</pkg:package>'.encode()


FRACTION = (
    "<math xmlns='http://www.w3.org/1998/Math/MathML'><semantics><mfrac><mi>a</mi><msup><mi>c</mi><mn>2</mn></msup>"
    "</mfrac><annotation>a over c</annotation></semantics></math>"
)
FLAT = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "drawing")
).replace("xmlns:drawing=", "xmlns:draw=")


def fodt(body: str) -> bytes:
    kind = 'office:mimetype="application/vnd.oasis.opendocument.text"'
    body = f"<office:body><office:text>{body}</office:text></office:body>"
    return f"<office:document {FLAT} {kind}>{body}</office:document>".encode()


MDX = """import {
  Note,
} from "./note"
import Tabs from '@theme/Tabs'

# Fees

export const meta = {
  year: 2024,
}

The
import cod from Norway is 5 %{/* check
this */}. export of fish is free.

<Note kind="tip">

Inner text

</Note>

```js
import a from "b" {/* kept */}
```
"""
NOT_AVAILABLE = '<c r="B2" t="e"><v>#N/A</v></c>'
SHEET_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
)
WRONG = 'xmlns:calcext="urn:org:calc" table:formula="of:=1/0" calcext:value-type="error" office:value-type'


def ods(*rows: str) -> bytes:
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{manifest}"/>',
            "content.xml": f"<office:document-content {SHEET_NAMES}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{table}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
        }
    )


def ods_cell(text: str, kind: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {kind}><text:p>{text}</text:p></table:table-cell>"


OFFICE: dict[str, tuple[str, bytes, list[str]]] = {
    "Word 2003 XML": (
        "a.xml",
        f"<w:wordDocument {WORD_2003}><w:styles><w:style w:styleId='x'><w:name w:val='heading 1'/></w:style></w:styles>"
        f"<w:body>{paragraph('Fees', 'x')}<w:p>{run('Un')}{run('known fees')}</w:p></w:body></w:wordDocument>".encode(),
        ["Fees\n\nUnknown fees"],
    ),
    "a Word document in one XML file": ("a.xml", flat_opc(docx(f"<w:p>{run('Un')}{run('known')}</w:p>")), ["Unknown"]),
    "a presentation in one XML file": ("a.xml", flat_opc(pptx(shape("One"), shape("Two"))), ["Two\n\nOne"]),
    "XML that names the parts of such a file": (
        "a.xml",
        f"<a {PARTS}>word/document.xml</a>".encode(),
        ["a: word/document.xml"],
    ),
    "formulas of an OpenDocument in one file": (
        "a.fodt",
        fodt(
            f"<text:p>So <draw:object>{FRACTION}</draw:object> and "
            f"<draw:object draw:x='1'> {FRACTION.replace('<m', '<math:m').replace('</m', '</math:m')}</draw:object> end"
            "</text:p>"
        ).replace(b"<math:math ", b"<math:math xmlns:math='http://www.w3.org/1998/Math/MathML' "),
        ["So  and  end\n\na/c^2\n\na/c^2"],
    ),
    "an OpenDocument in one file that does not name its kind": (
        "a.fodt",
        fodt("<text:p>The text</text:p>").replace(b"office:mimetype", b"office:other"),
        ["The text"],
    ),
    "a formula without an end in an OpenDocument in one file": (
        "a.fodt",
        fodt("<text:p>So <![CDATA[<draw:object><math >]]></text:p>"),
        ["So <draw:object><math >"],
    ),
    "code of MDX": (
        "a.mdx",
        MDX.encode(),
        [
            "Fees\n\nThe import cod from Norway is 5 %. export of fish is free.\n\n"
            'Inner text\n\nimport a from "b" {/* kept */}'
        ],
    ),
    "the same lines in Markdown": ("a.md", b'import a from "b"\n\nText', ['import a from "b"\n\nText']),
    "an error in a workbook": (
        "a.xlsx",
        workbook(
            cell("A1", "A") + cell("B1", "B") + cell("C1", "C"), cell("A2", "x") + NOT_AVAILABLE + cell("C2", "y")
        ),
        ["A: x; B: #N/A; C: y"],
    ),
    "a title above the table of a workbook": (
        "a.xlsx",
        workbook(
            cell("B1", "Report"),
            cell("A2", "of 2024"),
            cell("A3", "n") + cell("B3", "text"),
            cell("A4", "1") + cell("B4", "One"),
        ),
        ["One", "Report\nof 2024"],
    ),
    "an error and an empty cell without names of columns": (
        "a.xlsx",
        workbook(
            cell("C1", "Title"),
            cell("A2", "x") + NOT_AVAILABLE + cell("C2", "y") + cell("F2", "z"),
            cell("A3", "v") + cell("C3", "w"),
        ),
        [" | | Title\nx | #N/A | y | z\nv | | w"],
    ),
    "errors of a workbook of OpenDocument": (
        "a.ods",
        ods(
            ods_cell("Title"),
            ods_cell("x")
            + ods_cell("#N/A", f'{WRONG}="string" office:string-value=""')
            + ods_cell("y")
            + ods_cell("#DIV/0!", f'{WRONG}="float" office:value="0"'),
        ),
        ["Title\nx | #N/A | y | #DIV/0!"],
    ),
    "hidden text": ("a.docx", docx(f"<w:p>{run('a')}{run('b', '<w:vanish/>')}</w:p>"), ["ab"]),
    "the title of a picture": (
        "a.docx",
        docx("<w:p><w:r><w:drawing><w:docPr id='1' title='Plan' descr='a harbour'/></w:drawing></w:r></w:p>"),
        [" Plan a harbour"],
    ),
    "the description of an old picture": (
        "a.docx",
        docx("<w:p><w:r><w:pict><v:shape xmlns:v='urn:v' alt='a harbour'/></w:pict></w:r></w:p>"),
        [" a harbour"],
    ),
    "a matrix": (
        "a.docx",
        docx(
            f"<w:p><m:m {MATH}><m:mr><m:e><m:r><m:t>1</m:t></m:r></m:e><m:e><m:r><m:t>2</m:t></m:r></m:e></m:mr>"
            "<m:mr><m:e><m:r><m:t>3</m:t></m:r></m:e><m:e><m:r><m:t>4</m:t></m:r></m:e></m:mr></m:m></w:p>"
        ),
        ["1 2; 3 4"],
    ),
    "several parts in brackets": (
        "a.docx",
        docx(f"<w:p><m:d {MATH}><m:e><m:r><m:t>1</m:t></m:r></m:e><m:e><m:r><m:t>2</m:t></m:r></m:e></m:d></w:p>"),
        ["(1, 2)"],
    ),
    "joined cells of a slide": (
        "a.pptx",
        pptx(
            "<a:tbl><a:tr><a:tc rowSpan='2'><a:p><a:r><a:t>G</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>1</a:t>"
            "</a:r></a:p></a:tc></a:tr><a:tr><a:tc vMerge='1'><a:p/></a:tc><a:tc><a:p><a:r><a:t>2</a:t></a:r></a:p>"
            "</a:tc></a:tr></a:tbl>"
        ),
        ["G | 1\nG | 2"],
    ),
    "joined cells of an OpenDocument": (
        "a.odt",
        odt(
            "<table:table><table:table-row><table:table-cell table:number-rows-spanned='2'><text:p>G</text:p>"
            "</table:table-cell><table:table-cell><text:p>1</text:p></table:table-cell></table:table-row>"
            "<table:table-row><table:covered-table-cell/><table:table-cell><text:p>2</text:p></table:table-cell>"
            "</table:table-row><table:table-row><table:table-cell/><table:table-cell><text:p>3</text:p>"
            "</table:table-cell></table:table-row></table:table>"
        ),
        ["G | 1\nG | 2\n | 3"],
    ),
    "a note and a comment in an OpenDocument": (
        "a.odt",
        odt(
            "<text:p>Cod<text:note><text:note-citation>1</text:note-citation></text:note> swims, co"
            f"<office:annotation><dc:creator {CORE}>Ada</dc:creator><dc:date {CORE}>2024-01-01</dc:date>"
            "<text:p>why?</text:p></office:annotation>mes</text:p>"
        ),
        ["why?\n\nCod^1 swims, comes"],
    ),
    "a formula and a chart of an OpenDocument": (
        "a.odt",
        with_objects(odt(f"<text:p>x{OBJECTS}</text:p>")),
        ["x\n\nE=mc^2\n\nSales by port\n\nOslo"],
    ),
    "a reading in an OpenDocument": (
        "a.odt",
        odt(
            "<text:p><text:ruby><text:ruby-base>漢</text:ruby-base><text:ruby-text>kan</text:ruby-text></text:ruby></text:p>"
        ),
        ["漢(kan)"],
    ),
}
ALL: dict[str, tuple[str, Content, list[str]]] = {
    **{f"page: {kind}": ("a.html", content, [text]) for kind, (content, text) in PAGES.items()},
    **{f"Markdown: {kind}": ("a.md", content, [text]) for kind, (content, text) in MARKDOWN.items()},
    **{f"Rich Text: {kind}": ("a.rtf", content, [text]) for kind, (content, text) in RICH_TEXT.items()},
    **{
        f"message: {kind}": (
            "a.eml",
            content,
            [
                f"{'Subject: Grüße aus Köln' + chr(10) if b'Subject' in content else ''}"
                f"From: {'(' * 2_000 if b'((' in content else 'a@b.example'}\n\n{text}"
            ],
        )
        for kind, (content, text) in MESSAGES.items()
    },
    **{
        f"book: {kind}": ("a.epub", book(items, f'<itemref idref="{first}"/>', a="main"), expected)
        for kind, (items, first, expected) in BOOKS.items()
    },
    **TEXTS,
    **OFFICE,
}


@pytest.mark.parametrize("kind", ALL)
def test_all_of_it_is_read(kind: str) -> None:
    name, content, expected = ALL[kind]
    assert [text.rstrip("\r\n") for text in texts(content, name)] == expected
    assert reasons(content, name) == []


def test_an_error_is_not_a_text() -> None:
    content = workbook(cell("A1", "n") + cell("B1", "text"), cell("A2", "1") + NOT_AVAILABLE)
    assert reasons(content, "a.xlsx") == ["a.xlsx, sheet S:2: the field `text` is missing, or is not a string"]


def test_an_integer_is_the_same_id_in_any_file() -> None:
    row = f'{{"id": {LONG_INTEGER}, "text": "a", "n": {LONG_INTEGER}, "small": 12345678901234567}}'
    assert documents(f"[{row}]", "a.json") == documents(row, "a.ndjson")


def test_an_attachment_in_an_unknown_encoding_keeps_its_neighbours() -> None:
    parts = (
        b"Content-Type: text/plain; charset=x-none\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\none",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment; filename=b.txt\r\n\r\n" + base64.b64encode(b"two"),
    )
    body = b"".join(b"--x\r\n" + part + b"\r\n" for part in parts)
    assert texts(mail(body + b"--x--\r\n", "multipart/mixed; boundary=x"), "a.eml")[1:] == ["one", "two"]


def test_a_book_that_is_protected_against_copying_is_named() -> None:
    reference = "<CipherData><CipherReference URI='{}'/></CipherData>"
    items = f'<item id="a" href="a.xhtml" {PAGE}/><item id="b" href="b.xhtml" {PAGE}/>'

    def protected(*pages: str) -> bytes:
        return archive(
            {
                "META-INF/container.xml": '<c><rootfile full-path="b.opf"/></c>',
                "META-INF/encryption.xml": f"<e>{''.join(map(reference.format, pages))}</e>",
                "b.opf": f'<p>{items}<itemref idref="a"/><itemref idref="b"/></p>',
                "a.xhtml": b"\x80\x81" * 99,
                "b.xhtml": "<p>main</p>",
            }
        )

    assert reasons(protected("a.xhtml", "b.xhtml"), "a.epub") == [
        "a.epub: is protected against copying; save it without protection"
    ]
    assert texts(protected("a.xhtml", "font.otf"), "a.epub") == ["main"]
    assert reasons(protected("a.xhtml"), "a.epub") == ["a.epub: is protected against copying in its part a.xhtml"]


def test_json_that_is_not_utf8_is_named_in_words() -> None:
    (reason,) = reasons('[{"text": "Größe"}]'.encode("latin-1"), "a.json")
    assert reason == "a.json:1: not JSON from here on (lexical error: invalid bytes in UTF8 string.)"


@pytest.mark.parametrize("piece", ["é", "\\", "1", "1e", '"', "-", "1.", "[1,"])
def test_the_time_to_correct_json_grows_with_its_size(piece: str) -> None:
    def work(text: str) -> None:
        stream = corrected(io.BytesIO(text.encode()))
        while stream.read(1 << 16):
            pass

    assert grows_in_proportion(work, lambda size: piece * size, 30_000)


@pytest.mark.parametrize(
    "piece",
    [
        "{\\deleted ",
        "{\\a",
        "\\upr{",
        "{\\*\\ud",
        "\\result",
        "|",
        "{\\b\\b\\b",
        "\\f1",
        "\\f1\\fcharset1",
        *("1{\\super", "1{\\b\\super\\b", "{\\footnote ", "\\footnote "),
    ],
)
def test_the_time_to_read_rich_text_grows_with_its_size(piece: str) -> None:
    def work(text: str) -> None:
        list(rich_text(io.BytesIO(text.encode()), "a.rtf", TEXT))

    assert grows_in_proportion(work, lambda size: "{\\rtf1 " + piece * size, 3_000)


@pytest.mark.parametrize(
    ("piece", "name"),
    [
        ("\x1b]", "a.log"),
        ("\x1b[1;", "a.log"),
        ("a\b", "a.log"),
        ("A;ENCODING=QUOTED-PRINTABLE:=\n", "a.vcf"),
        (" \n", "a.ics"),
        ("1\n0:00:00.0 --> 0:00:00.0\n", "a.srt"),
        ("{\\a", "a.srt"),
    ],
)
def test_the_time_to_read_texts_in_lines_grows_with_their_size(piece: str, name: str) -> None:
    reader = import_module(f"corpus.formats.{FORMATS['.' + name.rpartition('.')[2]]}")

    def work(text: str) -> None:
        list(reader.rows(io.BytesIO(text.encode()), name, TEXT))

    assert grows_in_proportion(work, lambda size: piece * size, 6_000)


def test_the_time_to_compare_captions_grows_with_their_lines() -> None:
    reader = import_module("corpus.formats.subtitles")

    def made(size: int) -> str:
        lines = "a\n" * size
        return f"0:00:01.0 --> 0:00:02.0\n{lines}b\n\n0:00:02.0 --> 0:00:03.0\n{lines}c\n"

    def work(text: str) -> None:
        list(reader.rows(io.BytesIO(text.encode()), "a.vtt", TEXT))

    assert grows_in_proportion(work, made, 8_000)


@pytest.mark.parametrize("piece", ["{/*", "import a,", "```\n", "import {\n", "~~~", "\n`", "{/**/}"])
def test_the_time_to_find_code_of_mdx_grows_with_the_text(piece: str) -> None:
    assert grows_in_proportion(without_code, lambda size: piece * size, 20_000)


@pytest.mark.parametrize("piece", ["<draw:object ", "<draw:object><math >", "<draw:object><math ></draw:object>"])
def test_the_time_to_find_formulas_grows_with_the_file(piece: str) -> None:
    head = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    assert grows_in_proportion(
        lambda text: as_archive(io.BytesIO(text.encode())), lambda size: head + piece * size, 40_000
    )


@pytest.mark.parametrize("piece", ["=?utf-8?q?", "x\n ", '"', "<a@b.example>, "])
def test_the_time_to_read_a_header_grows_with_its_size(piece: str) -> None:
    def work(text: str) -> None:
        list(message(io.BytesIO(text.encode()), "a.eml", TEXT))

    assert grows_in_proportion(work, lambda size: f"To: {piece * size}\n\nmain", 100_000)


def test_the_time_to_find_foreign_bytes_grows_with_the_text() -> None:
    assert grows_in_proportion(
        lambda text: decoded(text.encode() + b"\xfc"), lambda size: "ö\ufffd" * size + paragraph("x"), 20_000
    )
