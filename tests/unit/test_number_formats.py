"""Numbers of workbooks: a text contains what people see in the cell, and a field contains the number."""

import pytest

from corpus.document import Document
from corpus.formats import Reading
from corpus.formats.number_format import shown
from tests.unit.office_files import OFFICE_RELATIONS, SHEET, archive, related
from tests.unit.reading import documents, entries, texts

ACCOUNTS = '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)'
SHOWN: list[tuple[float, str, str]] = [
    (0.25, "0%", "25%"),
    (0.0754, "0.0%", "7.5%"),
    (-0.25, "0%", "-25%"),
    (0.5, "0.0\\%", "0.5%"),
    (1234.5, '"$"#,##0.00', "$1,234.50"),
    (-1234.5, '"$"#,##0.00;[Red]("$"#,##0.00)', "($1,234.50)"),
    (1234.5, '#,##0.00\\ "€"', "1,234.50 €"),
    (1234.5, "[$€-2]\\ #,##0.00", "€ 1,234.50"),
    (1234.5, "#,##0.00 [$USD]", "1,234.50 USD"),
    (1234.5, ACCOUNTS, "$1,234.50"),
    (0, ACCOUNTS, "$-"),
    (-5, ACCOUNTS, "$(5.00)"),
    (1234567, "#,##0", "1,234,567"),
    (1234567, "#,##0,", "1,235"),
    (1234567, '0.0,,"M"', "1.2M"),
    (1234.567, "# ##0.00", "1 234.57"),
    (5, "00000", "00005"),
    (85043, "@", "85043"),
    (3.14159, "0.00", "3.14"),
    (2.5, "0", "3"),
    (-0.001, "0.00", "0.00"),
    (0.5, "#.##", ".5"),
    (0.5, "0.##", "0.5"),
    (1.25, "# ?/?", "1 1/4"),
    (1.5, "?/?", "3/2"),
    (0.3333, "# ??/??", "1/3"),
    (0.375, "# ?/8", "3/8"),
    (12345.678, "0.00E+00", "1.23E+04"),
    (12345.678, "##0.0E+0", "12.3E+3"),
    (0.00012, "0.0E+00", "1.2E-04"),
    (9.996, "0.00E+00", "1.00E+01"),
    (999.96, "##0.0E+0", "1.0E+3"),
    (-0.9996, "0.00E+00", "-1.00E+00"),
    (5551234567, "(000) 000-0000", "(555) 123-4567"),
    (1500, '[>=1000]0.0,"k";0', "1.5k"),
    (500, '[>=1000]0.0,"k";0', "500"),
    (3, '0" pieces"', "3 pieces"),
    (100, 'General" kg"', "100 kg"),
    (0, '"Yes";;"No"', "No"),
    (5, ";;;", ""),
    (0.1 + 0.2, "General", "0.3"),
    (45000, "yyyy-mm-dd", "2023-03-15"),
    (45000, "d mmmm yyyy", "15 March 2023"),
    (45000, 'dddd", "d". "mmmm', "Wednesday, 15. March"),
    (45000, "[$-409]mmm-yy;@", "Mar-23"),
    (44927, 'yyyy"年"m"月"d"日"', "2023年1月1日"),
    (45000.75, "dd/mm/yyyy hh:mm", "15/03/2023 18:00"),
    (45000.75, "m/d/yy h:mm AM/PM", "3/15/23 6:00 PM"),
    (0.0105, "mm:ss.0", "15:07.2"),
    (1.5, "[h]:mm:ss", "36:00:00"),
    (1, "yyyy-mm-dd", "1900-01-01"),
    (61, "yyyy-mm-dd", "1900-03-01"),
    (-1, "yyyy-mm-dd", "-1"),
]


@pytest.mark.parametrize(("value", "format", "text"), SHOWN)
def test_a_number_is_as_people_see_it(value: float, format: str, text: str) -> None:
    assert shown(value, format) == text


def test_days_may_be_counted_from_1904() -> None:
    assert shown(0, "yyyy-mm-dd", since_1904=True) == "1904-01-01"


@pytest.mark.parametrize(
    "format", ["[", '"', "\\", "0/", "/0", "E+", "0E+", "%%%", "[h", "_", "0.0.0", "?/?/?", ",,", "AM/PM", "\0"]
)
def test_a_format_of_no_meaning_breaks_nothing(format: str) -> None:
    for value in (0, -1.5, 1e300, 45000.5):
        assert isinstance(shown(value, format), str)


FORMATS = {164: "0.0%", 165: '"$"#,##0.00', 166: "d mmmm yyyy"}


def workbook(*rows: str, since_1904: bool = False) -> bytes:
    """A workbook with one sheet of these rows, whose cells have the style 0 (General), 1 (0%), 2 … (FORMATS)."""
    own = "".join(
        f'<numFmt numFmtId="{id}" formatCode="{code.replace(chr(34), "&quot;")}"/>' for id, code in FORMATS.items()
    )
    styles = "".join(f'<xf numFmtId="{id}"/>' for id in (0, 9, *FORMATS))
    lines = "".join(f"<row>{row}</row>" for row in rows)
    return archive(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": related(officeDocument="/xl/workbook.xml"),
            "xl/_rels/workbook.xml.rels": related(worksheet="sheet1.xml", styles="styles.xml"),
            "xl/workbook.xml": f'<workbook {SHEET} xmlns:r="{OFFICE_RELATIONS}">'
            f'<workbookPr date1904="{int(since_1904)}"/>'
            '<sheets><sheet name="S" sheetId="1" r:id="worksheet"/></sheets></workbook>',
            "xl/styles.xml": f"<styleSheet {SHEET}><numFmts>{own}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>",
            "xl/sheet1.xml": f"<worksheet {SHEET}><sheetData>{lines}</sheetData></worksheet>",
        }
    )


def words(*cells: str) -> str:
    return "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)


def number(value: float, style: int) -> str:
    return f'<c s="{style}"><v>{value}</v></c>'


def test_a_workbook_says_what_people_see() -> None:
    cells = [number(0.25, 1), number(0.075, 2), number(1234.5, 3), number(45000, 4), number(0.3, 0)]
    content = workbook(words("a", "b", "c", "d", "e"), "".join(cells))
    assert texts(content, "a.xlsx") == ["a: 25%; b: 7.5%; c: $1,234.50; d: 15 March 2023; e: 0.3"]
    since_1904 = workbook(words("a", "b"), number(0, 4) + number(1, 1), since_1904=True)
    assert texts(since_1904, "a.xlsx") == ["a: 1 January 1904; b: 100%"]


def test_a_field_of_a_row_stays_a_number_that_filters_compare() -> None:
    content = workbook(words("text", "share", "day"), words("cod") + number(0.25, 1) + number(45000, 4))
    (document,) = documents(content, "a.xlsx")
    assert (document["text"], document["share"], document["day"]) == ("cod", 0.25, "2023-03-15")


def test_columns_that_are_the_text_say_what_people_see() -> None:
    content = workbook(words("name", "share"), words("cod") + number(0.25, 1))
    (entry,) = entries(content, "a.xlsx", reading=Reading("text", columns=["name", "share"]))
    assert isinstance(entry, Document)
    assert entry.source["text"] == "name: cod\nshare: 25%"
    assert texts(workbook(words("text", "n"), number(0.25, 1) + number(1, 0)), "a.xlsx") == ["25%"]


def test_a_workbook_of_opendocument_says_what_its_program_has_written() -> None:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )

    def cell(kind: str, text: str, more: str = "") -> str:
        return f'<table:table-cell office:value-type="{kind}" {more}><text:p>{text}</text:p></table:table-cell>'

    note = "<office:annotation><text:p>a note</text:p></office:annotation>"
    share = (
        '<table:table-cell office:value-type="percentage" office:value="0.25" table:number-columns-repeated="2">'
        f"{note}<text:p>25%</text:p></table:table-cell>"
    )
    head = "".join(cell("string", name) for name in ("fish", "share", "before", "day"))
    day = cell("date", "15 March 2023", 'office:date-value="2023-03-15"')
    rows = (
        f"<table:table-row>{head}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="2">{cell("string", "cod")}{share}{day}</table:table-row>'
    )
    content = archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            "content.xml": f"<office:document-content {names}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
        }
    )
    line = "fish: cod; share: 25%; before: 25%; day: 15 March 2023"
    (text,) = texts(content, "a.ods")
    assert text.split("\n")[-2:] == [line, line]
