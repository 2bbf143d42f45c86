"""Pages (HTML, Markdown, PDF): everything that a reader sees is read, or its page is named."""

import io
from pathlib import Path

import pypdfium2
import pytest

from corpus.document import Document, Unreadable
from corpus.formats.page import decoded
from tests.unit.growth import grows_in_proportion
from tests.unit.office_files import archive
from tests.unit.pdf_files import pdf
from tests.unit.reading import documents, entries, places, reasons, texts

FILES = Path(__file__).parent / "files"


def test_markdown_loses_its_marks_and_keeps_its_words() -> None:
    content = (
        "---\ntags: x\n---\n# Leave *policy*\n\nTwo lines\nof `text`.\n\n- one\n- two\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = 1\n```\n"
    )
    (parsed,) = documents(content, "docs/leave.md")
    assert parsed["id"] == "docs/leave.md"
    assert parsed["title"] == "Leave policy"
    assert parsed["text"] == "Leave policy\n\nTwo lines of text.\n\none\ntwo\n\na | b\n1 | 2\n\nx = 1"


def test_a_page_is_what_a_reader_sees() -> None:
    content = (
        "<html><head><title>Hi \n there</title><style>x</style></head><body><nav>menu</nav><h1>Big</h1>"
        "<p>One <b>bold</b>\n line.</p><table><tr><th>k</th><td>v</td></tr></table><pre>a\n  b</pre>"
        "<script>1</script></body></html>"
    )
    (document,) = documents(content, "a.html")
    assert (document["title"], document["text"]) == ("Hi there", "Big\n\nOne bold line.\n\nk | v\n\na\n  b")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<article><p>One</p></article><article><p>Two</p></article>", "One\n\nTwo"),
        ("<header>1</header><main><p>2</p></main><aside>3</aside><footer>4</footer>", "1\n\n2\n\n3\n\n4"),
        ("<form><div><h1>One</h1><p>Two</p><textarea>Three</textarea></div></form>", "One\n\nTwo\n\nThree"),
        ("<main>One</main><main>Two</main>", "One\n\nTwo"),
        ("<p>One<p>Two<br>Three", "One\n\nTwo\nThree"),
        ("<ul><li>One<li>Two<ul><li>Three</ul></ul>Four", "One\nTwo\n\nThree\n\nFour"),
        ("<dl><dt>One<dd>Two</dl>", "One\nTwo"),
        ("<details><summary>One</summary>Two</details>", "One\nTwo"),
        ("<table><caption>T</caption><tr><th>a<th>b<tr><td><p>1</p><p>2</p><td>3</table>", "T\na | b\n1 2 | 3"),
        ("<x-card>One</x-card> <b>two</b>", "One two"),
        ("<p hidden>One</p><!-- no --><p>a &lt; b &amp; c</p>", "One\n\na < b & c"),
        ("<nav>Menu</nav><p>One</p><script>no()</script><style>no</style><select><option>no</select>", "One"),
        ("<svg><title>no</title><text>One</text><style>no</style></svg><p>Two</p>", "One\n\nTwo"),
        ("<h2><button>One?</button></h2><div>Two.</div>", "One?\n\nTwo."),
        ("<p>One<img src=a alt='a plan'>two</p><img src=b alt=''>", "One a plan two"),
        ("<p>Name <input value='One'><input type=hidden value=no><input type=checkbox value=no></p>", "Name One"),
        ("<![foo[ bar ]]> <!x <![if> One", "One"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        ("<ol><li>One<li></ol>Two", "1. One\n\nTwo"),
        ("<table><tr><td><td> <td>One<td><td>Two</table>", "One | | Two"),
    ],
)  # fmt: skip
def test_all_of_a_page_is_read(body: str, text: str) -> None:
    assert texts(f"<html><body>{body}</body></html>", "a.html") == [text]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Größe".encode(), "Größe"),
        ('<meta charset="iso-8859-1">Größe €'.encode("cp1252"), "Größe €"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">東京'.encode("cp932"), "東京"),
        ("Größe".encode("cp1252"), "Größe"),
        ('<meta charset="nobody-knows">Größe'.encode(), "Größe"),
    ],
)
def test_a_page_is_in_the_encoding_that_it_says(content: bytes, text: str) -> None:
    assert texts(content, "a.html") == [text]


@pytest.mark.parametrize(
    "markup",
    [
        *("<p>x", "<b>x", "<!--", '<meta charset="', "<td>x", "&amp;", "<abbr title=a>x", "<abbr title=b>x</abbr>"),
        *("<select multiple><option>x", "<p hidden>x", "<p style='display:", "<noframes>", "</noframes><frameset "),
    ],
)
def test_the_time_grows_as_the_page_does(markup: str) -> None:
    from corpus.formats.outline import Outline
    from corpus.formats.page import decoded, read_into

    def work(text: str) -> None:
        read_into(Outline(), decoded(text.encode()))

    assert grows_in_proportion(work, lambda size: "<body>" + markup * size, 4_000)


@pytest.mark.thorough
@pytest.mark.parametrize("cell", ["<td>x", "<td>", "<td> "])
def test_the_time_to_read_a_row_grows_with_its_cells(cell: str) -> None:
    from corpus.formats.outline import Outline
    from corpus.formats.page import read_into

    assert grows_in_proportion(lambda text: read_into(Outline(), text), lambda size: "<table><tr>" + cell * size, 6_000)


def test_text_knows_its_section() -> None:
    content = "<h1>Rules</h1><p>One</p><h2>Fees</h2><p>Two</p><h3>Late</h3><p>Three</p><h2>Days</h2><p>Four</p>"
    assert places(content, "a.html") == [
        ("Rules\n\nOne", {"section": "Rules"}),
        ("Fees\n\nTwo", {"section": "Rules > Fees"}),
        ("Late\n\nThree", {"section": "Rules > Fees > Late"}),
        ("Days\n\nFour", {"section": "Rules > Days"}),
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("One\n\n<table>\n<tr><td>a</td><td>b</td></tr>\n</table>\n\nTwo", "One\n\na | b\n\nTwo"),
        ("<details>\n<summary>One</summary>\nTwo **three**.\n</details>", "One\nTwo **three**."),
        ("<div>\n\nOne *two*\n\n</div>", "One two"),
        ("One <b>two</b> <kbd>three</kbd>", "One two three"),
        ("Run osml <command> --env <name>.", "Run osml <command> --env <name>."),
        ("One<br>two", "One\ntwo"),
        ("a < b and `<c>`", "a < b and <c>"),
        ("```html\n<p>x</p>\n```", "<p>x</p>"),
        ("<script>\nno\n</script>\n\nOne", "One"),
        ("One\\\ntwo", "One\ntwo"),
    ],
)
def test_html_in_markdown_is_read(content: str, text: str) -> None:
    assert texts(content, "a.md") == [text]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("fence", [("---", "---"), ("---", "..."), ("+++", "+++"), ("--- ", "---\t")])
def test_front_matter_is_known_with_any_end_of_line(fence: tuple[str, str], end: str) -> None:
    first, last = fence
    passages = documents(end.join([first, 'title: "Rules"', "tags: [a]", last, "", "Trains.", ""]), "a.md")
    assert [(passage["title"], passage["text"]) for passage in passages] == [("Rules", "Trains.")]
    (headed,) = documents(end.join([first, "title: Rules", last, "# Travel", "Trains."]), "a.md")
    assert (headed["title"], headed["text"]) == ("Rules", "Travel\n\nTrains.")


def test_a_line_between_two_others_is_no_front_matter() -> None:
    assert texts("---\n\nOne", "a.md") == ["One"]


def test_the_text_of_a_pdf() -> None:
    assert places(pdf("Leave is granted.", "", "Ask early."), "leave.pdf") == [
        ("Leave is granted.", {"page": 1}),
        ("Ask early.", {"page": 3}),
    ]
    (document,) = documents(pdf("Leave."), "leave.pdf")
    assert (document["id"], document["title"]) == ("leave.pdf", "leave")


@pytest.mark.parametrize("depth", [15, 60, 5_000])
def test_markdown_of_any_depth_is_read(depth: int) -> None:
    (quoted,) = texts(f"{'>' * depth} Deep.\n\nAfter.\n", "a.md")
    assert quoted.split()[-2:] == ["Deep.", "After."]
    (listed,) = texts("".join(f"{'  ' * at}- {at}\n" for at in range(min(depth, 300))) + "\n\nAfter.\n", "a.md")
    assert {str(at) for at in range(min(depth, 300))} | {"After."} <= {word for word in listed.split() if word != "-"}


def test_a_tag_of_xhtml_that_closes_itself_does_not_swallow_the_page() -> None:
    head = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="a.js"/></head>'
    body = '<body><p>One</p><a id="x"/><p>Two<br/>three</p><![CDATA[a < b]]><p>Four</p></body></html>'
    assert texts(head + body, "a.xhtml") == ["One\n\nTwo\nthree\n\na < b\n\nFour"]
    assert texts(book(head + body), "a.epub") == ["One\n\nTwo\nthree\n\na < b\n\nFour"]


def book(page: str) -> bytes:
    container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    item = '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
    return archive(
        {
            "META-INF/container.xml": f'{container}<rootfiles><rootfile full-path="c.opf"/></rootfiles></container>',
            "c.opf": f"<package><manifest>{item}</manifest><spine><itemref idref='a'/></spine></package>",
            "a.xhtml": page,
        }
    )


@pytest.mark.parametrize("piece", ["<![CDATA[", "<a ", "<a /", "<?xml <a"])
def test_the_time_for_xhtml_grows_with_its_size(piece: str) -> None:
    head = '<html xmlns="http://www.w3.org/1999/xhtml">'
    assert grows_in_proportion(lambda text: decoded(text.encode()), lambda size: head + piece * size, 20_000)


def test_files_within_a_pdf_are_read_like_separate_files() -> None:
    document = pypdfium2.PdfDocument(pdf("Main"))
    for name, content in (("a.md", b"# Attached"), ("b.zip", b"?")):
        document.new_attachment(name).set_data(content)
    made = io.BytesIO()
    document.save(made)
    assert texts(made.getvalue(), "main.pdf") == ["Main", "Attached"]
    assert reasons(made.getvalue(), "main.pdf") == [
        "main.pdf/b.zip: is attached, but its format cannot be read; unpack it"
    ]


def test_pages_without_a_text_are_named() -> None:
    items = entries(pdf("One", None, None, "Four", None, ""), "mixed.pdf")
    assert [type(item) for item in items] == [Document, Unreadable, Unreadable]
    assert [document.where for document in items[1:]] == ["mixed.pdf, pages 2 to 3", "mixed.pdf, page 5"]
    assert "holds no text" in reasons(pdf(None, None), "scan.pdf")[0]
    assert "is not a readable PDF" in reasons(b"%PDF-1.4 nothing", "broken.pdf")[0]


def test_a_pdf_that_opens_without_a_password_is_read_and_another_one_named() -> None:
    assert texts((FILES / "aes.pdf").read_bytes(), "a.pdf") == ["Opened without a password."]
    assert reasons((FILES / "locked.pdf").read_bytes(), "a.pdf") == ["a.pdf: is encrypted; save it without a password"]


def test_what_was_filled_into_a_form_is_read() -> None:
    assert texts((FILES / "form.pdf").read_bytes(), "a.pdf") == ["Applicant:\nAda Lovelace"]


def test_what_stands_beside_the_page_is_read() -> None:
    assert texts(pdf("One. " * 99), "a.pdf") == [("One. " * 99).strip()]
