"""A document can be loaded, found by its words, and removed."""

import uuid

from corpus.document import Document
from osml.ask import question
from osml.doctor.checks.context import Context
from osml.ingest import documents
from osml.rehearsal.subject import NOTED, SAME, WORSE, Asked, Comparison

TEXT = "The lighthouse keeper of {id} paints forty buoys before breakfast and counts them twice."
FIRST = 10


def look(context: Context, _: Asked) -> str | None:
    """The problem, or None. The document is removed in any case."""
    domain, knowledge, id = context.domain, context.knowledge, f"osml-rehearsal-{uuid.uuid4().hex[:12]}"
    text, path = TEXT.format(id=id), f"/{knowledge.index}/_doc/{id}?refresh=true"
    bulk = documents.bulk(domain, knowledge.index)
    try:
        (outcome,) = bulk.send([bulk.encode(Document(id, {knowledge.text_field: text}, "rehearsal", id))])
        if outcome.reason:
            return f"The index {knowledge.index} refused a document: {outcome.reason}"
        domain.json("POST", f"/{knowledge.index}/_refresh")
        found = question.search(domain, knowledge, text, FIRST)["hits"]["hits"][:FIRST]
        if id not in [hit["_id"] for hit in found]:
            return f"The index {knowledge.index} took a document, but a search for its words does not find it."
    finally:
        removed = domain.request("DELETE", path)
    if removed.status_code != 200:
        return f"The index {knowledge.index} did not remove the document {id}: {removed.status_code}."
    return None


def compare(before: str | None, after: str | None) -> Comparison:
    if after is None:
        return Comparison(SAME, "a document was loaded, found and removed")
    return Comparison(WORSE, after) if before is None else Comparison(NOTED, f"the same problem as before: {after}")
