"""Adding, listing and removing documents."""

import json
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser import flows
from tests.browser.conftest import OpenPage
from tests.browser.stage import KEY, Stage
from tests.browser.stage_documents import Plain
from tests.unit.office_files import docx, paragraph
from tests.unit.pdf_files import pdf
from tests.waiting import until

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
    assert stage.stored[0][0]["id"] == "the park.md"
    assert flows.listed(page) == ["City park", "The pool"]
    expect(page.get_by_role("status")).to_have_text("the park.md: 1 document added, 2 passages")

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


def test_on_a_collection_what_was_added_a_moment_ago_is_not_removed_for_show(
    page: Page, stage: Stage, tmp_path: Path
) -> None:
    """The API does not find the document yet: a removal would only hide it, and it would return in answers."""
    stage.visible_seconds = 60
    stage.unseen.add("park.md")
    page.clock.install()
    page.reload()
    flows.upload(page, [write(tmp_path, "park.md", "It has 3 ponds.")])
    row = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Remove park"))
    expect(row).to_contain_text("Answers draw on it within 60 seconds.")
    page.get_by_role("button", name="Remove park").click()
    page.get_by_role("button", name="Remove it").click()
    expect(row).to_contain_text("It was added a moment ago and cannot be removed yet.")
    assert flows.listed(page) == ["park"]
    page.clock.fast_forward(61_000)
    expect(row).not_to_contain_text("Answers draw on it within")
    stage.unseen.clear()
    row.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("heading", name="No documents yet")).to_be_focused()
    assert stage.documents == {}


def test_a_file_is_read_by_the_server(page: Page, stage: Stage, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "hours.html": HTML,
        "leave.docx": docx(paragraph("Thirty days.")),
        "leave.pdf": pdf("Ask early."),
        "rows.csv": "id;title;text\nr1;Row one;Text of\nr2;;Text of two\n",
        "large.txt": "word " * 50_000,
    }
    said = flows.upload(page, [write(tmp_path, name, content) for name, content in files.items()])
    assert said["rows.csv"] == "2 documents added, 2 passages"
    stored = {document["id"]: document for batch in stage.stored for document in batch}
    assert stored["hours.html"]["text"] == "Hours\n\nOpen until ten.\n\nMon | 9"
    assert stored["leave.docx"]["text"] == "Thirty days."
    assert stored["leave.pdf"]["text"] == "Ask early."
    assert (stored["r1"]["title"], stored["r2"]["text"]) == ("Row one", "Text of two")
    assert len(stored["large.txt"]["text"]) > 249_000
    assert page.evaluate("() => window.pwned") is None


def test_each_failure_names_file_and_entry(page: Page, stage: Stage, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "photo.png": b"\x89PNG",
        "old.txt": b"abc \x81\x02\x03 def",
        "nothing.txt": "",
        "mixed.pdf": pdf("One", None),
        "some.ndjson": '{"id": "a#b", "text": "x"}\n{"id": "ok", "text": "y"}\nnot json\n',
    }
    said = flows.upload(page, [write(tmp_path, name, content) for name, content in files.items()])
    assert said["photo.png"].startswith("Not added, 1 failed photo.png: is a picture; ")
    assert said["old.txt"].startswith("Not added, 1 failed old.txt: is not UTF-8 from byte 4 on")
    assert said["nothing.txt"] == "Not added The file is empty."
    assert said["mixed.pdf"].startswith(
        "1 document added, 1 passage, 1 failed mixed.pdf, page 2: no text, but pictures"
    )
    assert said["some.ndjson"].startswith(
        "1 document added, 1 passage, 2 failed An id holds no #. some.ndjson:3: not JSON"
    )
    assert sorted(stage.documents) == ["mixed.pdf", "ok"]


def test_many_documents_go_in_batches_and_show_how_far(page: Page, stage: Stage, tmp_path: Path) -> None:
    lines = [json.dumps({"id": f"d{number:03}", "text": f"Text {number}."}) for number in range(230)]
    said = flows.upload(page, [write(tmp_path, "many.ndjson", "\n".join(lines))])
    assert said == {"many.ndjson": "230 documents added, 230 passages"}
    assert [len(batch) for batch in stage.stored] == [100, 100, 30]
    page.reload()
    expect(page.get_by_role("heading", name="50 documents shown")).to_be_visible()
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("heading", name="100 documents shown")).to_be_visible()


def test_a_large_file_goes_in_parts_as_small_as_the_server_takes(page: Page, stage: Stage, tmp_path: Path) -> None:
    files = [write(tmp_path, "large.txt", "word " * 400_000), write(tmp_path, "small.txt", "Text.")]
    said = flows.upload(page, files)
    assert said["large.txt"].startswith("1 document added, ")
    assert said["small.txt"] == "1 document added, 1 passage"
    assert stage.documents["large.txt"]["text"].count("word") == 400_000
    assert all(len(job["received"]) == job["parts"] > 2 for job in stage.jobs.values() if job["status"] == "done")


def test_a_job_is_shown_again_by_a_later_page(page: Page, stage: Stage, tmp_path: Path) -> None:
    stage.holds_jobs = True
    lines = [json.dumps({"id": f"d{number:03}", "text": f"Text {number}."}) for number in range(130)]
    flows.open_documents(page)
    page.locator("#files").set_input_files(write(tmp_path, "many.ndjson", "\n".join(lines)))
    expect(page.locator(".upload-state")).to_have_text("Adding, 100 documents so far. You may leave this page.")
    page.reload()
    stage.holds_jobs = False
    assert flows.uploaded(page, "many.ndjson") == "130 documents added, 130 passages"
    page.reload()
    expect(page.locator(".upload")).to_have_count(0)


def test_a_file_that_is_too_large_for_any_number_of_parts_is_told(page: Page, stage: Stage, tmp_path: Path) -> None:
    flows.open_documents(page)
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          const file = new File(["x"], "huge.txt");
          Object.defineProperty(file, "size", { value: 300e6 });
          data.items.add(file);
          Object.defineProperty(DataTransfer.prototype, "files", { value: [file] });
          document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
        }"""
    )
    message = "Not added “huge.txt” has 300 MB, which is too large. Split it, or load it with osml ingest."
    assert flows.uploaded(page, "huge.txt") == message
    assert stage.stored == []


def test_a_busy_server_is_waited_for(window: OpenPage, stage: Stage, tmp_path: Path) -> None:
    page = window()
    flows.stop_clock(page)
    flows.enter_key(page, stage.url, KEY)
    flows.open_documents(page)
    stage.stores.append(Plain(429, "Too Many Requests", {"Retry-After": "20"}))
    page.locator("#files").set_input_files(write(tmp_path, "a.txt", "Text."))
    expect(page.locator(".upload-state")).to_have_text("The server is busy. Continuing in 20 sec")
    page.clock.run_for(21_000)
    assert flows.uploaded(page, "a.txt") == "1 document added, 1 passage"


def test_a_failed_upload_resumes(page: Page, stage: Stage, tmp_path: Path) -> None:
    stage.stores.append(Plain(502, "Internal server error"))
    said = flows.upload(page, [write(tmp_path, "a.txt", "Text.")])["a.txt"]
    assert said.startswith("Not added The server failed (status 502).")
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

    def over() -> int:
        # A browser repeats this event during a drag; the page may still be starting.
        page.dispatch_event("#question", "dragover", {"dataTransfer": dropped})
        return page.locator("#drop.over").count()

    until("the place to drop a file", over)
    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
    assert flows.uploaded(page, "park.txt") == "1 document added, 1 passage"
    assert stage.documents["park.txt"]["text"] == "It has 3 ponds."
    expect(page.locator("#drop.over")).to_have_count(0)


def test_documents_are_found_by_title_or_name_and_ordered(page: Page, stage: Stage) -> None:
    for number in range(60):
        stage.add(f"d{number:02}", f"Number {number}", "Text.")
    stage.add("handbook/leave.md", "Paid leave", "Text.")
    flows.open_documents(page)
    page.get_by_label("Find documents").fill("LEAVE")
    expect(page.get_by_role("heading", name="1 document", exact=True)).to_be_visible()
    assert flows.listed(page) == ["Paid leave"]
    page.get_by_label("Find documents").fill("nowhere")
    expect(page.get_by_role("heading", name="No such documents")).to_be_visible()
    page.get_by_label("Find documents").fill("")
    page.get_by_label("Order").select_option("Names Z to A")
    # On a busy machine, the list without words is shown before the one in the other order.
    expect(page.locator(".row-title").first).to_have_text("Paid leave")
    expect(page.get_by_role("heading", name="50 documents shown")).to_be_visible()
    assert flows.listed(page)[:2] == ["Paid leave", "Number 59"]
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("heading", name="61 documents")).to_be_visible()
    assert flows.barriers(page) == []
    page.get_by_label("Order").select_option("Newest first")
    expect(page.get_by_role("heading", name="50 documents shown")).to_be_visible()
    assert flows.listed(page)[:2] == ["Paid leave", "Number 59"]
    expect(page.locator(".row").first).to_contain_text("Mar 2, 2026")
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("heading", name="61 documents")).to_be_visible()
    flows.remove(page, "Paid leave")
    assert "handbook/leave.md" not in stage.documents


def test_a_list_that_cannot_be_had_and_a_document_already_gone(page: Page, stage: Stage) -> None:
    stage.add("park", "The park", "Text.")
    page.route("**/dev/documents?limit=50", lambda route: route.fulfill(status=504, body="{}"))
    flows.open_documents(page)
    expect(page.locator(".shelf .failure")).to_contain_text("The answer took too long. Try again.")
    page.unroute("**/dev/documents?limit=50")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".row-title")).to_have_text("The park")
    stage.documents.clear()
    flows.remove(page, "The park")
    assert flows.listed(page) == []


def test_a_reader_sees_documents_and_no_way_to_change_them(page: Page, stage: Stage, tmp_path: Path) -> None:
    stage.role, stage.groups = "reader", ["hr"]
    page.reload()
    expect(page.get_by_text("There are no documents yet.")).to_be_visible()
    expect(page.get_by_role("link", name="Add documents")).to_have_count(0)
    stage.add("park", "The park", "Ponds.")
    flows.open_documents(page)
    assert flows.listed(page) == ["The park"]
    expect(page.get_by_text("You may read these documents.")).to_be_visible()
    expect(page.get_by_text("Choose files")).to_be_hidden()
    expect(page.get_by_role("button", name="Remove The park")).to_have_count(0)
    page.locator("#files").set_input_files([write(tmp_path, "pool.txt", "A pool.")])
    page.wait_for_timeout(300)
    assert stage.stored == []


def test_an_editor_removes_their_own_and_says_for_whom_a_file_is(page: Page, stage: Stage, tmp_path: Path) -> None:
    stage.role, stage.groups = "editor", ["hr", "law"]
    stage.add("park", "The park", "Ponds.")
    stage.documents["park"]["groups"] = ["law"]
    page.reload()
    flows.open_documents(page)
    expect(page.get_by_text("only for law")).to_be_visible()
    expect(page.get_by_role("button", name="Remove The park")).to_have_count(0)
    page.get_by_label("Only for the groups").fill("hr, law")
    flows.upload(page, [write(tmp_path, "pool.txt", "A pool.")])
    expect(page.get_by_text("only for hr and law")).to_be_visible()
    assert stage.audiences == [["hr", "law"]]
    expect(page.get_by_role("button", name="Remove pool")).to_have_count(1)


def test_files_are_listed_in_the_order_in_which_they_are_added(page: Page, stage: Stage, tmp_path: Path) -> None:
    names = ["b.txt", "a.txt", "c.txt"]
    flows.upload(page, [write(tmp_path, name, f"Text of {name}.") for name in names])
    expect(page.locator(".upload-name")).to_have_text(names)
    assert list(stage.documents) == names
    flows.upload(page, [write(tmp_path, "d.txt", "Text of d.")])
    expect(page.locator(".upload-name")).to_have_text(["d.txt", *names])


def test_a_search_that_fails_late_leaves_the_list_of_the_next_one(page: Page, stage: Stage) -> None:
    for id, title in (("pool", "The pool"), ("tower", "The tower")):
        stage.add(id, title, "Text.")
    flows.open_documents(page)
    expect(page.get_by_role("heading", name="2 documents", exact=True)).to_be_visible()
    held: list[Route] = []
    page.route("**/documents?*search=park*", lambda route: held.append(route))
    page.get_by_label("Find documents").fill("park")
    until("the search for a park", lambda: page.evaluate("() => 0") or held)
    page.get_by_label("Find documents").fill("pool")
    expect(page.get_by_role("heading", name="1 document", exact=True)).to_be_visible()
    with page.expect_response("**/documents?*search=park*") as response:
        held.pop().fulfill(status=500, body="")
    response.value.finished()
    page.evaluate("() => new Promise((go) => requestAnimationFrame(go))")  # the page has read the answer
    expect(page.locator("#shelf .failure")).to_have_count(0)
    assert flows.listed(page) == ["The pool"]
