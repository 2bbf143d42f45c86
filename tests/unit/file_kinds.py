"""Content of every kind of file, with the texts that must be read from it."""

import base64
import json

from tests.unit.office_files import (
    OFFICE_RELATIONS,
    SLIDE,
    WORD,
    archive,
    docx,
    odt,
    paragraph,
    pptx,
    related,
    shape,
    table,
    xlsx,
)
from tests.unit.pdf_files import pdf

Content = str | bytes
MAIL = b"From: a@b.example\r\nMIME-Version: 1.0\r\n"
FROM = "From: a@b.example"
_MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def line(content: str) -> bytes:
    return docx(f"<w:p>{content}</w:p>")


def mail(kind: str, *parts: tuple[str, bytes], headers: bytes = b"") -> bytes:
    """A message with parts, each with its headers."""
    bodies = b"".join(b"--x\r\n" + f"Content-Type: {head}\r\n\r\n".encode() + body + b"\r\n" for head, body in parts)
    return MAIL + headers + f"Content-Type: multipart/{kind}; boundary=x\r\n\r\n".encode() + bodies + b"--x--"


def symbol(font: str, code: str) -> str:
    return f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'


def flat(kind: str) -> str:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    cells = "".join(
        f'<table:table-cell office:value-type="{of}"><text:p>{text}</text:p></table:table-cell>'
        for of, text in (("string", "cod"), ('percentage" office:value="0.25', "25%"))
    )
    body = f'<table:table table:name="S"><table:table-row>{cells}</table:table-row></table:table>'
    mime = f'office:mimetype="application/vnd.oasis.opendocument.{kind}"'
    return (
        f'<?xml version="1.0"?><office:document {names} {mime}><office:body><office:{kind}>{body}</office:{kind}>'
        "</office:body></office:document>"
    )


def embedding(kind: str, inner: bytes, last: str) -> bytes:
    """An Office file of `kind` whose part `last` is the Office file `inner`."""
    slide = f'<p:x {SLIDE} xmlns:r="{OFFICE_RELATIONS}"><p:sldId r:id="slide_1"/></p:x>'
    if kind == "pptx":
        return archive(
            {
                "_rels/.rels": related(officeDocument="ppt/presentation.xml"),
                "ppt/_rels/presentation.xml.rels": related(slide_1="s1.xml"),
                "ppt/presentation.xml": slide,
                "ppt/s1.xml": f"<p:sld {SLIDE}>{shape('Main')}</p:sld>",
                "ppt/_rels/s1.xml.rels": related(package=last),
                f"ppt/{last}": inner,
            }
        )
    return archive(
        {
            "_rels/.rels": related(officeDocument="word/document.xml"),
            "word/_rels/document.xml.rels": related(package=last),
            "word/document.xml": f"<w:document {WORD}><w:body>{paragraph('Main')}</w:body></w:document>",
            f"word/{last}": inner,
        }
    )


HELLO = docx(paragraph("hello"))
BOX = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{}</w:ffData></w:fldChar></w:r>'
CSV: dict[str, tuple[Content, list[str]]] = {
    "quotes behind a backslash": ('text,n\n"a \\"b\\" c",1\nd,2\n', ['a "b" c', "d"]),
    "quotes behind a backslash, with a separator": ('text,n\n"a \\"b, x\\" c",1\nd,2\n', ['a "b, x" c', "d"]),
    "a separator behind such a quote": ('text,n\n"a\\",b",1\nd,2\n', ['a",b', "d"]),
    "a folder of Windows at the end of a cell": ('text,n\n"C:\\dir\\",1\nd,2\n', ["C:\\dir\\", "d"]),
    "a separator that is named": ("sep=;\ntext;n\na,b;1\n", ["a,b"]),
    "a named separator in quotes, behind a mark": ('\ufeff"sep=;"\r\ntext;n\r\na;1\r\n', ["a"]),
    "bars": ("text|n\na, b|1\n", ["a, b"]),
    "a line end in quotes": ('text,n\n"a\nb",1\nc,2\n', ["a\nb", "c"]),
    "zeros": ("text,n\na\0b,1\nc,2\n", ["ab", "c"]),
    "a space before quotes": ('text, n\n"a", "x, y"\nc, 2\n', ["a", "c"]),
    "single quotes": ("text,n\n'a, b',1\nit's,2\n", ["a, b", "it's"]),
    "line ends of several systems": ("text,n\r\na,1\nb,2\rc,3\r\n", ["a", "b", "c"]),
    "names that are blank or twice": (" ,note,note\na,b,c\n", ["column_1: a; note: b; note_2: c"]),
    "empty rows": ("\n\ntext,n\n\na,1\n\n", ["a"]),
}
GERMAN = "Die Größe der Übung: café, naïve, 5 % Rabatt."
RUSSIAN = "Привет, как ваши дела сегодня? Всё хорошо."
JAPANESE = "東京の港は大きいです。船が来ます。"
ENCODED = {
    **dict.fromkeys(("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp1252", "mac-roman"), GERMAN),
    **dict.fromkeys(("cp1251", "koi8-r"), RUSSIAN),
    **dict.fromkeys(("shift_jis", "euc-jp", "iso-2022-jp"), JAPANESE),
    "gb18030": "上海港是世界上最大的集装箱港口。",
    "big5": "臺灣的港口很多，高雄港最大。",
    "euc-kr": "부산항은 한국에서 가장 큰 항구입니다.",
    "iso8859-2": "Zażółć gęślą jaźń",
}
CSV_ENCODED = {encoding: (f"text;n\n{text};1\n".encode(encoding), [text]) for encoding, text in ENCODED.items()}
OTHER: dict[str, tuple[str, Content, list[str]]] = {
    "UTF-16 of Japanese without a mark": ("a.txt", f"{JAPANESE}\n".encode("utf-16-le"), [f"{JAPANESE}\n"]),
    "a short word of a western language": ("a.txt", "Grüße".encode("cp1252"), ["Grüße"]),
    "a page without an encoding": ("a.html", f"<p>{JAPANESE}</p>".encode("shift_jis"), [JAPANESE]),
    "a page in UTF-16 without a mark": ("a.html", f"<p>{GERMAN}</p>".encode("utf-16-le"), [GERMAN]),
    # Symbol fonts.
    "an arrow of Wingdings": ("a.docx", line(run("go ") + symbol("Wingdings", "F0E0")), ["go →"]),
    "a letter of Symbol": ("a.docx", line(symbol("Symbol", "F061") + run(" = 5")), ["α = 5"]),
    "a tick": ("a.docx", line(symbol("Wingdings", "F0FC") + run(" done")), ["✓ done"]),
    "a symbol of no known meaning": ("a.docx", line(symbol("Wingdings", "F0FF") + run("end")), ["end"]),
    "a character that is none of a symbol font": ("a.docx", line(symbol("Arial", "2022") + run(" end")), ["• end"]),
    "letters in a symbol font": (
        "a.docx",
        line(run("\uf06d", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>') + run("m")),
        ["μm"],
    ),
    "a private bullet of a page": ("a.html", "<p>\uf0b7 one</p><p>\ue001two</p>", ["• one\n\ntwo"]),
    "a private arrow of a slide": (
        "a.pptx",
        pptx(
            '<p:sp><p:txBody><a:p><a:r><a:rPr><a:sym typeface="Wingdings"/></a:rPr><a:t>\uf0e0 then</a:t></a:r></a:p>'
            "</p:txBody></p:sp>"
        ),
        ["→ then"],
    ),
    # Names and contents that differ, and further formats.
    "a page under the name of Word": ("a.doc", "<html><p>saved as Word</p></html>", ["saved as Word"]),
    "Rich Text under the name of Word": ("a.doc", rb"{\rtf1 hello}", ["hello"]),
    "Word under an older name": ("a.doc", HELLO, ["hello"]),
    "a page under the name of Excel": (
        "a.xls",
        "<html><table><tr><th>text</th><th>n</th></tr><tr><td>cod</td><td>1</td></tr></table></html>",
        ["text | n\ncod | 1"],
    ),
    "a table of text under the name of Excel": ("a.xls", "text\tn\ncod\t1\n", ["cod"]),
    "a new workbook under the old name": ("a.xls", xlsx({"S": [["text", "n"], ["cod", 1]]}), ["cod"]),
    "PDF under the name of Word": ("a.docx", pdf("Here is a text"), ["Here is a text"]),
    "Word under the name of PDF": ("a.pdf", HELLO, ["hello"]),
    "Word under the name of a text": ("a.txt", HELLO, ["hello"]),
    "a page under the name of PDF": ("a.pdf", "<!doctype html><p>Moved here</p>", ["Moved here"]),
    "a message under the name of Word": ("a.doc", MAIL + b"\r\nsaved", [f"{FROM}\n\nsaved"]),
    "a text without an end of its name": ("README", "hello", ["hello"]),
    "PDF without an end of its name": ("scan", pdf("Here is a text"), ["Here is a text"]),
    "capitals in the end of a name": ("A.DOCX", HELLO, ["hello"]),
    **{f"a Word file {end}": (f"a{end}", HELLO, ["hello"]) for end in (".dotx", ".docm", ".dotm")},
    **{
        f"a workbook {end}": (f"a{end}", xlsx({"S": [["text", "n"], ["cod", 1]]}), ["cod"])
        for end in (".xltx", ".xlsm", ".xltm")
    },
    **{f"slides {end}": (f"a{end}", pptx(shape("hello")), ["hello"]) for end in (".potx", ".pptm", ".ppsx", ".ppsm")},
    "a text of OpenDocument that is a template": ("a.ott", odt("<text:p>hello</text:p>"), ["hello"]),
    "a flat text": ("a.fodt", flat("text"), ["cod | 25%"]),
    "a flat workbook": ("a.fods", flat("spreadsheet"), ["cod | 25%"]),
    **{
        f"a text {end}": (f"a{end}", "Some text: 5\n", ["Some text: 5\n"])
        for end in (".log", ".rst", ".adoc", ".tex", ".org", ".yaml", ".yml", ".ics", ".vcf")
    },
    "XML": (
        "a.xml",
        "<book id='7'><title>T</title><para>one <em>two</em> three</para><a><b>x</b><b>y</b></a></book>",
        ["book (id: 7)\ntitle: T\npara: one two three\nb: x\nb: y"],
    ),
    "XML that is not well formed": ("a.xml", "<a><b>text</a>", ["<a><b>text</a>"]),
    "XML with entities of its own": (
        "a.xml",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x; z</a>",
        ["<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x; z</a>"],
    ),
    "a notebook": (
        "a.ipynb",
        json.dumps(
            {
                "cells": [
                    {"cell_type": "markdown", "source": ["# Catch\n", "of *cod*"]},
                    {
                        "cell_type": "code",
                        "source": "catch()",
                        "outputs": [
                            {"output_type": "stream", "text": ["counted\n"]},
                            {"output_type": "execute_result", "data": {"text/html": "<b>7</b>", "text/plain": "7"}},
                            {"output_type": "error", "ename": "ValueError", "evalue": "no cod", "traceback": []},
                        ],
                    },
                ],
                "nbformat": 4,
            }
        ),
        ["Catch\n\nof cod\n\ncatch()\n\ncounted\n\n7\n\nValueError: no cod"],
    ),
    "subtitles": (
        "a.vtt",
        "WEBVTT - Harbour\n\nNOTE a note\n\n1\n00:01.000 --> 00:02.000\n<v Ann>Hello <b>there</b>\n\n"
        "00:03.000 --> 00:04.000 line:0\n- again &amp; again\n",
        ["Harbour\nNOTE a note\nAnn: Hello there\n- again & again"],
    ),
    "subtitles with commas": ("a.srt", "1\r\n00:00:01,000 --> 00:00:02,000\r\nHello\r\nthere\r\n", ["Hello\nthere"]),
    "comments without a page, under the name of Word": ("a.doc", "<!---->" * 5000 + "x", ["<!---->" * 5000 + "x"]),
    # Office.
    "a choice of a form": (
        "a.docx",
        line(
            BOX.format(
                '<w:ddList><w:result w:val="1"/><w:listEntry w:val="red"/><w:listEntry w:val="blue"/></w:ddList>'
            )
        ),
        ["blue"],
    ),
    "a box of a form": (
        "a.docx",
        line(BOX.format('<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>') + run(" agreed")),
        ["☒ agreed"],
    ),
    "drawn letters": (
        "a.docx",
        line(
            '<w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textpath string="DRAFT"/></v:shape>'
            "</w:pict></w:r>"
        ),
        [" DRAFT"],
    ),
    "a reading above its characters": (
        "a.docx",
        line(f"<w:r><w:ruby><w:rt>{run('とう')}</w:rt><w:rubyBase>{run('東')}</w:rubyBase></w:ruby></w:r>"),
        ["東(とう)"],
    ),
    "a sum and a root": (
        "a.docx",
        line(
            f'<m:oMath {_MATH}><m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub><m:r><m:t>i</m:t></m:r></m:sub>'
            "<m:e><m:rad><m:e><m:d><m:e><m:r><m:t>x</m:t></m:r></m:e></m:d></m:e></m:rad></m:e></m:nary></m:oMath>"
        ),
        ["∑_i√(x)"],
    ),
    "an empty cell keeps its place": (
        "a.docx",
        docx(table((paragraph("Name"), paragraph("A"), paragraph("B")), (paragraph("x"), "<w:p/>", paragraph("2")))),
        ["Name | A | B\nx | | 2"],
    ),
    "a cell that is joined with the next row": (
        "a.docx",
        docx(
            table(
                (f'<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>{paragraph("Cod")}', paragraph("1")),
                ("<w:tcPr><w:vMerge/></w:tcPr><w:p/>", paragraph("2")),
            )
        ),
        ["Cod | 1\nCod | 2"],
    ),
    "a workbook within Word": (
        "a.docx",
        embedding("docx", xlsx({"S": [["text", "n"], ["cod", 1]]}), "embeddings/s.xlsx"),
        ["Main", "cod"],
    ),
    "Word within slides": ("a.pptx", embedding("pptx", HELLO, "e.docx"), ["Main", "hello"]),
    "a control within a line": (
        "a.docx",
        line(run("by ") + f"<w:sdt><w:sdtContent>{run('Ann')}</w:sdtContent></w:sdt>"),
        ["by Ann"],
    ),
    # Pages.
    "a page that is all menu": ("a.html", "<nav><p>All of it</p></nav>", ["All of it"]),
    "cells of a page that are joined with those below": (
        "a.html",
        "<table><tr><td>1<td rowspan=3>Cod<td>a<tr><td>2<td>b<tr><td>3<td>c</table>",
        ["1 | Cod | a\n2 | Cod | b\n3 | Cod | c"],
    ),
    "a cell that is joined with more rows than there are": (
        "a.html",
        "<table><tr><td rowspan=99999999>Cod<td colspan=99999999>1<tr><td>2</table>",
        ["Cod | 1\nCod | 2"],
    ),
    "a long cell that is joined with those below": (
        "a.html",
        f"<table><tr><td rowspan=3>{'a' * 1001}<td>1<tr><td>2<tr><td>3</table>",
        [f"{'a' * 1001} | 1\n2\n3"],
    ),
    "elements within each other": ("a.html", "<div>" * 5000 + "deep" + "</div>" * 5000, ["deep"]),
    "frames without frames": ("a.html", "<frameset><noframes>words</noframes></frameset>", ["words"]),
    # PDF.
    "a word in two lines of a PDF": (
        "a.pdf",
        pdf("infor-) Tj 0 -14 Td (mation and well-) Tj 0 -14 Td (Known GREAT-) Tj 0 -14 Td (NESS"),
        ["information and well-Known GREATNESS"],
    ),
    **{
        f"a note of a PDF: {note}": (
            "a.pdf",
            pdf("Main").replace(
                b"/MediaBox", f"/Annots [<< {note} /Rect [9 9 99 99] /Contents (said) >>] /MediaBox".encode()
            ),
            ["Main\n\nsaid"],
        )
        for note in (
            *("/Subtype /Text", "/Subtype /Highlight", "/Subtype /FreeText /DA (/F 9 Tf)", "/Subtype /Redact"),
            *("/Subtype /Ink", "/Subtype /Line", "/Subtype /Polygon", "/Subtype /PolyLine"),
        )
    },
    "a file within a note of a PDF": (
        "a.pdf",
        pdf("Main").replace(
            b"/MediaBox",
            b"/Annots [<< /Subtype /FileAttachment /Rect [9 9 99 99] /FS << /Type /Filespec /F (b.txt) /UF (b.txt) "
            b"/EF << /F 4 0 R >> >> >>] /MediaBox",
        ),
        ["Main", "BT /F 12 Tf 72 720 Td (Main) Tj ET"],
    ),
    "a symbol font of a PDF": (
        "a.pdf",
        pdf("abc \\267 \\256").replace(b"/Helvetica", b"/Symbol   "),
        ["αβχ • →"],
    ),
    # Messages.
    "an empty page beside a text": (
        "a.eml",
        mail("alternative", ("text/plain", b"the text"), ("text/html", b"<p></p>")),
        [f"{FROM}\n\nthe text"],
    ),
    "a file within an alternative": (
        "a.eml",
        mail(
            "alternative",
            ("text/plain", b"plain"),
            (
                "multipart/mixed; boundary=y",
                b"--y\r\nContent-Type: text/html\r\n\r\n<p>page</p>\r\n"
                b"--y\r\nContent-Type: text/csv; name=t.csv\r\nContent-Disposition: attachment\r\n\r\n"
                b"text,n\r\ncod,1\r\n--y--",
            ),
        ),
        [f"{FROM}\n\npage", "cod"],
    ),
    "what became of a message": (
        "a.eml",
        mail(
            "report",
            ("text/plain", b"not delivered"),
            ("message/delivery-status", b"Reporting-MTA: dns; x\r\n\r\nAction: failed\r\n"),
        ),
        [f"{FROM}\n\nnot delivered\n\nReporting-MTA: dns; x\nAction: failed"],
    ),
    "a file without a name": (
        "a.eml",
        mail(
            "mixed",
            ("text/plain", b"main"),
            (
                "application/pdf\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64",
                base64.b64encode(pdf("pdf text")),
            ),
        ),
        [f"{FROM}\n\nmain", "pdf text"],
    ),
    "an appointment": (
        "a.eml",
        mail("mixed", ("text/plain", b"main"), ("text/calendar", b"SUMMARY:Meet")),
        [f"{FROM}\n\nmain", "SUMMARY:Meet"],
    ),
    "a message within a message": (
        "a.eml",
        mail("mixed", ("text/plain", b"outer"), ("message/rfc822", b"Subject: In\r\nFrom: c@d.example\r\n\r\ninner")),
        [f"{FROM}\n\nouter", "Subject: In\nFrom: c@d.example\n\ninner"],
    ),
    "a signed message": (
        "a.eml",
        mail("signed", ("text/plain", b"main"), ('application/pkcs7-signature; name="smime.p7s"', b"x")),
        [f"{FROM}\n\nmain"],
    ),
    "Rich Text as a message": ("a.eml", MAIL + b"Content-Type: text/rtf\r\n\r\n{\\rtf1 hello}", [FROM, "hello"]),
}
ALL: dict[str, tuple[str, Content, list[str]]] = {
    **{f"a table: {kind}": ("a.csv", *row) for kind, row in CSV.items()},
    **{f"a table in {kind}": ("a.csv", *row) for kind, row in CSV_ENCODED.items()},
    **{f"a text in {kind}": ("a.txt", text.encode(kind), [text]) for kind, text in ENCODED.items()},
    **OTHER,
}
