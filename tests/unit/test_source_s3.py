"""A prefix of S3 as a source, and what is common to all sources: refusals, rows, documents from two items."""

import io
from dataclasses import dataclass, field
from typing import Any, Self

import pytest
from botocore.exceptions import ClientError

from corpus.destination import Outcome, Stopped, Verdict
from sources.item import Known, Unlisted
from sources.run import Run
from sources.state import read_state, write_state
from sources.tools import Tools
from tests.unit.scripted_destination import CREATED
from tests.unit.source_runs import Stored, stored
from tests.unit.stored_objects import Bucket

LATER = Outcome(Verdict.LATER, "the model throttles")
NEVER = Outcome(Verdict.REFUSED, "the text is not accepted")


@dataclass
class Amazon:
    """S3 with `objects` by key; `read` are the keys that were read, `denied` those that must not be read."""

    objects: dict[str, bytes] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)

    def get_paginator(self, _: str) -> Self:
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Any:
        if Bucket in self.denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListObjectsV2")
        for key, content in sorted(self.objects.items()):
            if key.startswith(Prefix):
                yield {"Contents": [{"Key": key, "ETag": f'"{hash(content)}"', "Size": len(content)}]}

    def get_object(self, Bucket: str, Key: str) -> Any:
        if Key in self.denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")
        self.read.append(Key)
        return {"Body": io.BytesIO(self.objects[Key])}


@pytest.fixture
def amazon() -> Amazon:
    return Amazon({"docs/a.txt": b"One.", "docs/b.txt": b"Two.", "docs/pic.png": b"?", "docs/": b"", "c.txt": b"x"})


def of(amazon: Amazon, **settings: Any) -> Stored:
    return stored(Tools(s3=amazon), kind="s3", bucket="ours", **{"prefix": "docs/", **settings})


def test_objects_are_loaded_under_the_names_of_osml_ingest_and_unchanged_ones_are_not_read(amazon: Amazon) -> None:
    kept = of(amazon)
    run = kept.run()
    assert kept.ids == ["docs/a.txt", "docs/b.txt"]
    assert (run.added, run.left_out) == (2, {".png": 1})
    amazon.read.clear()
    assert kept.run().unchanged == 2
    assert amazon.read == []


def test_changed_and_vanished_objects_are_told(amazon: Amazon) -> None:
    kept = of(amazon)
    kept.run()
    del amazon.objects["docs/b.txt"]
    amazon.objects |= {"docs/a.txt": b"One more.", "docs/d.txt": b"Four.", "docs/e.txt": b"Five."}
    run = kept.run()
    assert run.names == {"changed": ["docs/a.txt"], "added": ["docs/d.txt", "docs/e.txt"], "removed": ["docs/b.txt"]}
    assert kept.ids == ["docs/a.txt", "docs/d.txt", "docs/e.txt"]


def test_patterns_choose_by_the_key_after_the_prefix(amazon: Amazon) -> None:
    kept = of(amazon, exclude=["b.*"])
    kept.run()
    assert kept.ids == ["docs/a.txt"]
    assert of(amazon, include=["b.*"]).run().names == {"added": ["docs/b.txt"]}


def test_an_emptied_prefix_and_one_that_may_not_be_listed_remove_nothing(amazon: Amazon) -> None:
    kept = of(amazon, most_removed=100)
    kept.run()
    objects, amazon.objects = amazon.objects, {}
    run = kept.run()
    assert (run.status, len(kept.ids)) == ("held", 2)
    assert "lists 0 of the 2 items that it had" in str(run.message)
    amazon.objects = objects
    amazon.denied = {"ours"}
    with pytest.raises(Unlisted, match=r"Listing s3://ours/docs/ failed: .*AccessDenied.* Check the bucket's name"):
        kept.run()
    assert len(kept.ids) == 2


@pytest.mark.parametrize(("most", "status"), [(49, "held"), (50, "done")])
def test_the_share_that_may_vanish_is_a_setting(amazon: Amazon, most: int, status: str) -> None:
    kept = of(amazon, most_removed=most)
    kept.run()
    del amazon.objects["docs/b.txt"]
    assert kept.run().status == status


def test_an_object_that_cannot_be_read_now_stays(amazon: Amazon) -> None:
    kept = of(amazon)
    kept.run()
    amazon.objects["docs/a.txt"] = b"Other."
    amazon.denied = {"docs/a.txt"}
    run = kept.run()
    assert (run.kept, run.refusals) == (1, ["docs/a.txt could not be read (AccessDenied), and stays as it is"])
    assert kept.to.held["docs/a.txt"]["text"] == "One."
    amazon.denied = set()
    assert kept.run().changed == 1


def test_what_can_never_be_loaded_is_told_by_each_run_and_read_once(amazon: Amazon) -> None:
    kept = of(amazon)
    kept.to.script = lambda ids, _: [NEVER if "docs/b.txt" in id else CREATED for id in ids]
    amazon.objects["docs/broken.json"] = b"{"
    for _ in range(2):
        run = kept.run()
        assert run.refused == 2
        assert any("docs/b.txt: the text is not accepted" in refusal for refusal in run.refusals)
        assert any(refusal.startswith("docs/broken.json: ") for refusal in run.refusals)
    assert amazon.read.count("docs/broken.json") == amazon.read.count("docs/b.txt") == 1


def test_what_may_be_loaded_later_is_loaded_by_the_next_run(amazon: Amazon) -> None:
    kept = of(amazon)
    kept.to.script = lambda ids, _: [LATER if id == "docs/b.txt" else CREATED for id in ids]
    run = kept.run()
    assert run.refused == 1
    assert "docs/b.txt" not in kept.ids
    kept.to.script = lambda ids, _: [CREATED for _ in ids]
    assert kept.run().refused == 0
    assert kept.ids == ["docs/a.txt", "docs/b.txt"]


def test_rows_come_and_go_and_a_document_of_two_objects_stays_while_one_has_it(amazon: Amazon) -> None:
    amazon.objects = {"docs/x.csv": b"id,text\n1,one\n2,two\n3,three\n", "docs/y.csv": b"id,text\n3,three\n4,four\n"}
    kept = of(amazon)
    kept.run()
    assert kept.ids == ["1", "2", "3", "4"]
    amazon.objects["docs/x.csv"] = b"id,text\n1,one\n"
    kept.run()
    assert kept.ids == ["1", "3", "4"]
    del amazon.objects["docs/y.csv"]
    kept.run()
    assert kept.ids == ["1"]


def test_a_document_that_somebody_else_has_loaded_since_is_not_removed(amazon: Amazon) -> None:
    kept = of(amazon)
    kept.run()
    kept.to.held["docs/b.txt"]["osml"] = {"source": "another"}
    del amazon.objects["docs/b.txt"]
    assert kept.run().removed == 1
    assert "docs/b.txt" in kept.ids


def test_what_is_known_is_the_same_after_it_was_stored() -> None:
    bucket = Bucket()
    known = {f"page {n} ü": Known(f'"{n}"', "d", "s", "r", [f"{n}#1", "x"], "run", n) for n in range(50)}
    assert read_state(bucket, "b", "state/handbook") == {}
    write_state(bucket, "b", "state/handbook", known)
    assert read_state(bucket, "b", "state/handbook") == known


def test_documents_are_for_the_groups_of_the_source_and_other_groups_load_all_again(amazon: Amazon) -> None:
    kept, bucket = of(amazon, groups=["hr"]), Bucket()
    kept.run()
    assert kept.to.held["docs/a.txt"]["osml"] == {"source": "handbook", "access": {"groups": ["hr"]}}
    write_state(bucket, "b", "state/handbook", kept.known, ["hr"])
    assert read_state(bucket, "b", "state/handbook", ["hr"]) == kept.known
    kept.settings = kept.settings.model_copy(update={"groups": ["board"]})
    kept.known = read_state(bucket, "b", "state/handbook", ["board"])
    assert kept.run().changed == 2
    assert kept.to.held["docs/a.txt"]["osml"]["access"] == {"groups": ["board"]}


def test_a_document_missing_from_its_item_is_removed_when_a_run_ends(amazon: Amazon) -> None:
    amazon.objects["docs/rows.jsonl"] = b'{"id": "r1", "text": "One."}\n{"id": "r2", "text": "Two."}'
    kept = of(amazon)
    kept.run()
    amazon.objects["docs/rows.jsonl"] = b'{"id": "r1", "text": "One."}'
    cut = iter([True, True, False])
    run = kept.run(lambda: next(cut, False))
    assert "r2" in kept.ids
    bucket = Bucket()
    write_state(bucket, "b", "k", kept.known)
    kept.known = read_state(bucket, "b", "k")
    kept.go_on(run)
    assert (run.status, kept.ids) == ("done", ["docs/a.txt", "docs/b.txt", "r1"])
    write_state(bucket, "b", "k", kept.known)
    assert not any(known.gone for known in read_state(bucket, "b", "k").values())


def test_what_moves_to_another_item_while_a_run_is_cut_is_not_removed(amazon: Amazon) -> None:
    amazon.objects["docs/rows.jsonl"] = b'{"id": "r1", "text": "One."}\n{"id": "r2", "text": "Two."}'
    kept = of(amazon)
    kept.run()
    amazon.objects["docs/rows.jsonl"] = b'{"id": "r1", "text": "One."}'
    amazon.objects["docs/z.jsonl"] = b'{"id": "r2", "text": "Two."}'
    cut = iter([True, True, False])
    kept.go_on(kept.run(lambda: next(cut, False)))
    assert kept.ids == ["docs/a.txt", "docs/b.txt", "r1", "r2"]


def test_a_removal_that_breaks_off_is_made_and_counted_once_by_the_next_call(amazon: Amazon) -> None:
    kept = of(amazon)
    kept.run()
    del amazon.objects["docs/b.txt"]
    kept.fails = Stopped("The time is over.")
    run = Run(source="handbook", id="2")
    with pytest.raises(Stopped):
        kept.go_on(run)
    assert (run.status, run.removed, kept.ids) == ("running", 0, ["docs/a.txt", "docs/b.txt"])
    kept.fails = None
    kept.go_on(run)
    assert (run.status, run.removed, kept.ids) == ("done", 1, ["docs/a.txt"])
