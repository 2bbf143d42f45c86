"""Adding, listing and removing documents."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import flows
from tests.browser.conftest import OpenPage
from tests.browser.stage import KEY, Plain, Stage

HTML = """<!doctype html><head><title>Opening hours</title><style>p{color:red}</style></head>
<body style="color:red"><nav>Home</nav><h1>Hours</h1><p onclick="x()">Open   until <b>ten</b>.</p>
<script>window.pwned = 1</script>
<img src="https://example.com/x.png" onerror="window.pwned = 1"><table><tr><td>Mon</td><td>9</td></tr></table></body>"""


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_document_is_added_asked_about_and_removed(page: Page, stage: Stage, tmp_path: Path) -> None:
    stage.add("pool", "The pool", "Swimming is free.")
    said = flows.upload(page, [write(tmp_path, "the park.md", "# City park\n\n" + "It has 3 ponds. " * 40)])
    assert said == {"the park.md": "1 document added, 2 passages"}
    assert stage.stored[0][0]["id"] == "the-park.md"
    assert flows.listed(page) == ["City park", "The pool"]
    expect(page.get_by_role("status")).to_have_text("the park.md: 1 document added, 2 passages.")

    flows.open_conversation(page)
    assert flows.ask(page, "Which ponds are there?").sources[0].title == "City park"

    flows.open_documents(page)
    page.get_by_role("button", name="Remove City park").click()
    page.get_by_role("button", name="Keep it").click()
    assert flows.listed(page) == ["City park", "The pool"]
    flows.remove(page, "City park")
    expect(page.get_by_role("button", name="Remove The pool")).to_be_focused()
    assert list(stage.documents) == ["pool"]
    flows.remove(page, "The pool")
    expect(page.get_by_role("heading", name="No documents yet")).to_be_focused()


def test_what_each_kind_of_file_holds(page: Page, stage: Stage, tmp_path: Path) -> None:
    lines = '{"id": "a", "title": "A", "text": "First."}\n\n{"id": "b", "text": "Second."}\n'
    files: dict[str, str | bytes] = {
        "hours.html": HTML,
        "fees.csv": 'Kind,"Fee, in €"\nadult,"4,50"\n"child ""small""",0\n',
        "rows.csv": "id;title;text\nr1;Row one;Text of; \n;;Text of two\n",
        "docs.ndjson": lines,
        "list.json": '[{"text": "Third."}]',
        "wide.txt": "Größe".encode("utf-16"),
    }
    said = flows.upload(page, [write(tmp_path, name, content) for name, content in files.items()])
    assert said["docs.ndjson"] == "2 documents added, 2 passages"
    stored = {one["id"]: one for batch in stage.stored for one in batch}
    hours = stored["hours.html"]
    assert hours["title"] == "Opening hours"
    assert hours["text"] == "Hours\n\nOpen until ten.\n\nMon 9"
    assert stored["fees.csv"]["text"] == 'Kind: adult; Fee, in €: 4,50.\nKind: child "small"; Fee, in €: 0.'
    assert stored["r1"] == {"id": "r1", "title": "Row one", "text": "Text of"}
    assert stored["rows.csv-2"] == {"id": "rows.csv-2", "text": "Text of two"}
    assert stored["b"] == {"id": "b", "text": "Second."}
    assert stored["list.json-1"] == {"id": "list.json-1", "text": "Third."}
    assert stored["wide.txt"]["text"] == "Größe"
    assert page.evaluate("() => window.pwned") is None


def test_each_failure_is_told_by_file_and_entry(page: Page, stage: Stage, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "photo.png": b"\x89PNG",
        "old.txt": "Größe".encode("latin-1"),
        "empty.txt": " \n",
        "broken.json": "{",
        "some.ndjson": '{"id": "a#b", "text": "x"}\n{"id": "ok", "text": "y"}\nnot json\n{"text": ""}',
    }
    said = flows.upload(page, [write(tmp_path, name, content) for name, content in files.items()])
    kinds = "Not added This kind of file is not read here. Save it as text, Markdown, HTML, CSV, JSON or NDJSON."
    assert said["photo.png"] == kinds
    assert said["old.txt"] == "Not added The file is not text in UTF-8. Save it as UTF-8 and add it again."
    assert said["empty.txt"] == "Not added The file holds no text."
    assert said["broken.json"].startswith("Not added The file is not valid JSON: ")
    needs = 'is not a document: it needs a "text" that is not empty.'
    assert said["some.ndjson"] == (
        f"1 document added, 1 passage, 3 failed Line 3 {needs} Line 4 {needs} a#b: An id holds no #."
    )
    assert list(stage.documents) == ["ok"]


def test_many_documents_go_in_batches_and_show_how_far(page: Page, stage: Stage, tmp_path: Path) -> None:
    lines = [json.dumps({"id": f"d{number:03}", "text": f"Text {number}."}) for number in range(230)]
    said = flows.upload(page, [write(tmp_path, "many.ndjson", "\n".join(lines))])
    assert said == {"many.ndjson": "230 documents added, 230 passages"}
    assert [len(batch) for batch in stage.stored] == [100, 100, 30]
    page.reload()
    expect(page.get_by_role("heading", name="50 documents shown")).to_be_visible()
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("heading", name="100 documents shown")).to_be_visible()


def test_large_documents_share_no_request_and_too_large_ones_are_told(page: Page, stage: Stage, tmp_path: Path) -> None:
    entries = [{"id": f"d{number}", "text": "ä" * 200_000} for number in range(4)] + [
        {"id": "huge", "text": "x" * 1_100_000}
    ]
    path = write(tmp_path, "large.json", json.dumps(entries))
    said = flows.upload(page, [path])["large.json"]
    assert said.endswith(
        "1 failed “huge” has 1.1 MB, more than the server takes at once. Split it into parts and add each."
    )
    assert [len(batch) for batch in stage.stored] == [2, 2]
    assert sorted(stage.documents) == ["d0", "d1", "d2", "d3"]


def test_one_bad_document_does_not_keep_the_others_out(page: Page, stage: Stage, tmp_path: Path) -> None:
    stage.stores += [Plain(400, "documents.1.id: an id holds no ?."), Plain(504, "Endpoint request timed out")]
    lines = [json.dumps({"id": f"d{number}", "text": "Text."}) for number in range(5)]
    said = flows.upload(page, [write(tmp_path, "five.ndjson", "\n".join(lines))])
    assert said == {"five.ndjson": "5 documents added, 5 passages"}
    stage.stores.append(Plain(400, "The title is longer than 500 characters."))
    said = flows.upload(page, [write(tmp_path, "one.txt", "Text.")])
    assert said == {"one.txt": "Not added, 1 failed one: The title is longer than 500 characters."}


def test_a_busy_server_is_waited_for(window: OpenPage, stage: Stage, tmp_path: Path) -> None:
    page = window()
    page.clock.install()
    flows.enter_key(page, stage.url, KEY)
    flows.open_documents(page)
    stage.stores.append(Plain(429, "Too Many Requests", {"Retry-After": "20"}))
    page.locator("#files").set_input_files(write(tmp_path, "a.txt", "Text."))
    expect(page.locator(".upload-state")).to_have_text("The server is busy: going on in 20 s")
    page.clock.run_for(21_000)
    assert flows.uploaded(page, "a.txt") == "1 document added, 1 passage"


def test_an_upload_that_failed_goes_on_where_it_stopped(page: Page, stage: Stage, tmp_path: Path) -> None:
    stage.stores.append(Plain(502, "Internal server error"))
    said = flows.upload(page, [write(tmp_path, "a.txt", "Text.")])["a.txt"]
    assert said.startswith("Not added The server failed at this (status 502).")
    page.locator(".upload").get_by_role("button", name="Try again").click()
    expect(page.locator(".upload-state")).to_have_text("1 document added, 1 passage")
    expect(page.locator(".upload .failure")).to_have_count(0)


def test_files_are_dropped_anywhere(page: Page, stage: Stage) -> None:
    dropped = page.evaluate_handle(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["It has 3 ponds."], "park.txt", {type: "text/plain"}));
          return data;
        }"""
    )
    page.dispatch_event("#question", "dragover", {"dataTransfer": dropped})
    expect(page.locator("#drop.over")).to_be_visible()
    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
    assert flows.uploaded(page, "park.txt") == "1 document added, 1 passage"
    assert stage.documents["park.txt"]["text"] == "It has 3 ponds."
    expect(page.locator("#drop.over")).to_have_count(0)


def test_a_list_that_cannot_be_had_and_a_document_already_gone(page: Page, stage: Stage) -> None:
    stage.add("park", "The park", "Text.")
    page.route("**/dev/documents?limit=50", lambda route: route.fulfill(status=504, body="{}"))
    flows.open_documents(page)
    expect(page.locator(".shelf .failure")).to_contain_text("The answer took longer than the server may wait.")
    page.unroute("**/dev/documents?limit=50")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".row-title")).to_have_text("The park")
    stage.documents.clear()
    flows.remove(page, "The park")
    assert flows.listed(page) == []
