"""Builds Office files directly: each is an archive of XML."""

import io
import zipfile
from collections.abc import Mapping

PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
SLIDE = f'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" {DRAWING}'
SHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
CORE = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """An archive of these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return packed.getvalue()


def related(**targets: str) -> str:
    """Relationships of an Office part: the type and the target of each; `header_2` is a second header."""
    each = "".join(
        f'<Relationship Id="{kind}" Type="{OFFICE_RELATIONS}/{kind.partition("_")[0]}" Target="{target}"/>'
        for kind, target in targets.items()
    )
    return f'<Relationships xmlns="{PACKAGE_RELATIONS}">{each}</Relationships>'


def docx(body: str, title: str = "", styles: str = "", **beside: str) -> bytes:
    """A Word document with this body; `beside` are its other parts, by type."""
    parts = {kind: f"{kind}.xml" for kind in beside}
    return archive(
        {
            "_rels/.rels": related(officeDocument="word/document.xml", coreProperties="docProps/core.xml"),
            "docProps/core.xml": f"<core {CORE}><dc:title>{title}</dc:title></core>",
            "word/_rels/document.xml.rels": related(styles="styles.xml", **parts),
            "word/styles.xml": f"<w:styles {WORD}>{styles}</w:styles>",
            "word/document.xml": f"<w:document {WORD}><w:body>{body}</w:body></w:document>",
            **{f"word/{kind}.xml": f"<w:x {WORD}>{content}</w:x>" for kind, content in beside.items()},
        }
    )


def paragraph(text: str, style: str = "") -> str:
    """A paragraph of a Word document."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: tuple[str, ...]) -> str:
    """A table of a Word document, whose cells contain paragraphs or any other given content."""
    cells = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def heading_styles() -> str:
    """Heading styles in Word's form, in a language whose style ids are not English."""
    return "".join(
        f'<w:style w:styleId="berschrift{level}"><w:name w:val="heading {level}"/></w:style>' for level in (1, 2, 3)
    )


def pptx(*slides: str, notes: str = "") -> bytes:
    """A presentation whose slides are shown from the last to the first; `notes` belong to the first one."""
    names = {f"slide_{number}": f"slides/slide{number}.xml" for number in range(1, len(slides) + 1)}
    shown = "".join(f'<p:sldId id="{number}" r:id="{id}"/>' for number, id in enumerate(reversed(names), 256))
    files: dict[str, str | bytes] = {
        "_rels/.rels": related(officeDocument="ppt/presentation.xml"),
        "ppt/_rels/presentation.xml.rels": related(**names),
        "ppt/presentation.xml": f'<p:presentation {SLIDE} xmlns:r="{OFFICE_RELATIONS}"><p:sldIdLst>{shown}</p:sldIdLst></p:presentation>',  # noqa: E501
        "ppt/slides/_rels/slide1.xml.rels": related(notesSlide="../notes/n.xml"),
        "ppt/notes/n.xml": f"<p:notes {SLIDE}>{notes}</p:notes>",
    }
    for number, slide in enumerate(slides, 1):
        files[f"ppt/slides/slide{number}.xml"] = f"<p:sld {SLIDE}>{slide}</p:sld>"
    return archive(files)


def shape(text: str, kind: str = "") -> str:
    """A shape of a slide with a paragraph; `kind` is the type of its placeholder."""
    placeholder = f'<p:nvPr><p:ph type="{kind}"/></p:nvPr>' if kind else ""
    return f"<p:sp>{placeholder}<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"


def xlsx(sheets: Mapping[str, list[list[str | float]]]) -> bytes:
    """A workbook with these sheets."""
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": related(officeDocument="xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": related(
            **{f"worksheet_{number}": f"worksheets/sheet{number}.xml" for number in range(1, len(sheets) + 1)}
        ),
    }
    names = ""
    for number, (name, rows) in enumerate(sheets.items(), 1):
        names += f'<sheet name="{name}" sheetId="{number}" r:id="worksheet_{number}"/>'
        lines = "".join(f'<row r="{at}">{_cells(at, row)}</row>' for at, row in enumerate(rows, 1))
        files[f"xl/worksheets/sheet{number}.xml"] = f"<worksheet {SHEET}><sheetData>{lines}</sheetData></worksheet>"
    files["xl/workbook.xml"] = f'<workbook {SHEET} xmlns:r="{OFFICE_RELATIONS}"><sheets>{names}</sheets></workbook>'
    return archive(files)


def _cells(number: int, row: list[str | float]) -> str:
    cells = ""
    for column, cell in zip("ABCDEFGH", row, strict=False):
        where = f'r="{column}{number}"'
        if isinstance(cell, str):
            cells += f'<c {where} t="inlineStr"><is><t>{cell}</t></is></c>' if cell else ""
        else:
            cells += f"<c {where}><v>{cell}</v></c>"
    return cells


def odt(body: str, styles: str = "") -> bytes:
    """An OpenDocument file with this body; `styles` contains its headers and footers."""
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "style")
    )
    drawing = 'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    return archive(
        {
            "content.xml": f"<office:document-content {names} {drawing}>{body}</office:document-content>",
            "styles.xml": f"<office:s {names}>{styles}</office:s>",
        }
    )


def epub(title: str, **pages: str) -> bytes:
    """A book whose pages are read from the last to the first."""
    items = "".join(f'<item id="{id}" href="text/{id}.xhtml" media-type="application/xhtml+xml"/>' for id in pages)
    spine = "".join(f'<itemref idref="{id}"/>' for id in reversed(pages))
    return archive(
        {
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="O/b.opf"/></rootfiles></container>',
            "O/b.opf": f"<package {CORE}><dc:title>{title}</dc:title><manifest>{items}</manifest><spine>{spine}</spine></package>",  # noqa: E501
            **{f"O/text/{id}.xhtml": f"<html><body>{body}</body></html>" for id, body in pages.items()},
        }
    )
