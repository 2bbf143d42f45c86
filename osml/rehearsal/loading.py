"""A document can be loaded, found by its words, and removed."""

import json
import uuid
from http import HTTPStatus

from corpus.bulk import CONTENT_TYPE
from corpus.document import Document
from osml.ask import question
from osml.doctor.checks.context import Context
from osml.ingest import documents
from osml.rehearsal.subject import NOTED, SAME, WORSE, Comparison, RehearsalQuestions
from osml.remote.domain import Domain

TEXT = "The lighthouse keeper of {id} paints forty buoys before breakfast and counts them twice."
FIRST = 10


def look(context: Context, _: RehearsalQuestions) -> str | None:
    """The problem, or None. The document is removed in any case."""
    domain, knowledge, id = context.domain, context.knowledge, f"osml-rehearsal-{uuid.uuid4().hex[:12]}"
    text = TEXT.format(id=id)
    bulk = documents.bulk(domain, knowledge.index)
    try:
        (outcome,) = bulk.send([bulk.encode(Document(id, {knowledge.text_field: text}, "rehearsal", id))])
        if outcome.reason:
            return f"The index {knowledge.index} refused a document: {outcome.reason}"
        domain.json("POST", f"/{knowledge.index}/_refresh")
        hits = question.search(domain, knowledge, text, FIRST)["hits"]["hits"][:FIRST]
        if id not in [hit["_id"] for hit in hits]:
            return f"The index {knowledge.index} accepted a document, but a search for its words does not find it."
    finally:
        removed = _remove(domain, knowledge.index, id)
    if removed != HTTPStatus.OK:
        return f"The index {knowledge.index} did not remove the document {id}: {removed}."
    return None


def _remove(domain: Domain, index: str, id: str) -> int:
    """Remove the document; returns the HTTP status of the bulk item."""
    line = json.dumps({"delete": {"_index": index, "_id": id}})
    kind, query = {"content-type": CONTENT_TYPE}, {"refresh": "true"}
    (item,) = domain.json("POST", "/_bulk", params=query, data=f"{line}\n", headers=kind)["items"]
    return int(item["delete"]["status"])


def compare(before: str | None, after: str | None) -> Comparison:
    if after is None:
        return Comparison(SAME, "a document was loaded, found and removed")
    return Comparison(WORSE, after) if before is None else Comparison(NOTED, f"the same problem as before: {after}")
