"""Whether a person sees everything that an answer was made from, word for word."""

from dataclasses import replace

import pytest

from rag.models import Source
from rag.origin import Origin, cited, digests


def source(id: str, text: str) -> Source:
    return Source(id=id, document=id, text=text, score=0.5, loaded_by="operators")


READ = [source("a", "The tower is high."), source("b", "It is red.")]
ORIGIN = Origin(cited(READ), texts=digests(READ))
SEEN = {
    "all": (ORIGIN, READ, True),
    "all in another order": (ORIGIN, READ[::-1], True),
    "more": (ORIGIN, [*READ, source("c", "It is old.")], True),
    "what another score found": (ORIGIN, [each.model_copy(update={"score": 0.1}) for each in READ], True),
    "nothing, of an answer from nothing": (Origin(), [], True),
    "one of two": (ORIGIN, READ[:1], False),
    "none": (ORIGIN, [], False),
    "another text under the same id": (ORIGIN, [READ[0], source("b", "It is blue.")], False),
    "the same text under another id": (ORIGIN, [READ[0], source("c", "It is red.")], False),
    "all, of a version that kept no texts": (replace(ORIGIN, texts=()), READ, False),
    "all, with the texts of some": (replace(ORIGIN, texts=ORIGIN.texts[:1]), READ, False),
}


@pytest.mark.parametrize("seen", SEEN)
def test_an_answer_is_whole_for_whoever_sees_all_its_passages(seen: str) -> None:
    origin, sources, whole = SEEN[seen]
    assert origin.is_whole(sources) is whole
    assert Origin.of(origin.as_json) == origin
    assert Origin.of({name: value for name, value in origin.as_json.items() if name != "texts"}).texts == ()
