"""Which index of a collection is adopted, which model made its vectors, and who uses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from osml.failure import Failure
from osml.takeover.collection_choice import choose_index
from osml.takeover.collection_contents import Holding
from osml.takeover.collection_tree import collection_tree, indexes_alone
from osml.takeover.contents import Contents
from osml.takeover.users import Principal
from osml.takeover.vectors import origin_of_vectors
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.embedding.titan import TitanEmbedding

STACK = "osml-taken-knowledge"
TEXT, VECTOR = {"type": "text"}, {"type": "knn_vector", "dimension": 384}
FIELDS: dict[str, Any] = {"text": TEXT, "embedding": VECTOR}
ROLE = "arn:aws:iam::111122223333:role/"


def contents(settings: dict[str, Any] | None = None, **indexes: dict[str, Any]) -> Contents:
    bodies = {
        name: {"settings": {"index": settings or {}}, "mappings": {"properties": fields}}
        for name, fields in indexes.items()
    }
    return Contents("", bodies, {}, {}, {}, {}, {}, {})


@pytest.mark.parametrize(
    ("fields", "text", "vector", "id"),
    [
        (FIELDS, "text", "embedding", "id"),
        ({**FIELDS, "id": {"type": "integer"}}, "text", "embedding", "passage_id"),
        ({**FIELDS, "id": {"type": "long"}, "passage_id": TEXT, "note": TEXT}, "text", "embedding", "osml_id"),
        ({**FIELDS, "id": {"type": "keyword"}, "title": TEXT}, "text", "embedding", "id"),
        ({"content": TEXT, "metadata": {"type": "text", "index": False}, "v": VECTOR}, "content", "v", "id"),
    ],
)
def test_fields_of_an_index_are_named(fields: dict[str, Any], text: str, vector: str, id: str) -> None:
    choice = choose_index(contents(notes=fields), STACK)
    assert (choice.index, choice.text_field, choice.embedding_field, choice.id_field) == ("notes", text, vector, id)


@pytest.mark.parametrize(
    ("fields", "settings", "reason"),
    [
        ({"text": TEXT}, {}, "it needs one vector field, and has none"),
        ({**FIELDS, "second": VECTOR}, {}, "it needs one vector field, and has embedding, second"),
        ({"a": TEXT, "b": TEXT, "embedding": VECTOR}, {}, "it needs one text field, and has a, b"),
        ({**FIELDS, "document": {"properties": {}}}, {}, "its field document is of the type object"),
        ({**FIELDS, "stored": {"type": "date"}}, {}, "its field stored is of the type date"),
        ({**FIELDS, "osml": {"type": "keyword"}}, {}, "its field osml is somebody else's"),
        ({**FIELDS, **dict.fromkeys(("id", "passage_id", "osml_id"), TEXT)}, {}, "cannot contain ids of osml"),
        ({"AMAZON_BEDROCK_TEXT": TEXT, "v": VECTOR}, {}, "AMAZON_BEDROCK_TEXT, cannot be the value of a setting"),
        (FIELDS, {"default_pipeline": "embeds"}, "its ingest pipeline embeds changes what is written"),
    ],
)
def test_an_index_that_cannot_be_adopted_is_left_with_the_reason(
    fields: dict[str, Any], settings: dict[str, Any], reason: str
) -> None:
    there = contents(settings, notes=fields)
    with pytest.raises(Failure, match="The collection has nothing that an environment can adopt") as nothing:
        choose_index(there, STACK)
    assert "The index notes is not changed: " in str(nothing.value)
    assert reason in str(nothing.value)
    with pytest.raises(Failure, match="The index notes cannot be adopted"):
        choose_index(there, STACK, "notes")


def test_one_of_several_indexes_is_chosen_by_name() -> None:
    there = contents(notes=FIELDS, letters=FIELDS, logs={"text": TEXT})
    with pytest.raises(Failure, match=r"more than one index: letters, notes\. Choose with --index NAME"):
        choose_index(there, STACK)
    with pytest.raises(Failure, match=r"no index other\. It has letters, logs, notes"):
        choose_index(there, STACK, "other")
    assert choose_index(there, STACK, "notes").index == "notes"


@pytest.mark.parametrize(
    ("dimension", "model"),
    [
        (384, "sentence-transformers/all-MiniLM-L6-v2"),
        (768, "sentence-transformers/all-mpnet-base-v2"),
        (512, "amazon.titan-embed-text-v2:0"),
        (1024, "amazon.titan-embed-text-v2:0"),
        (1536, "amazon.titan-embed-text-v1"),
    ],
)
def test_the_length_of_vectors_names_a_model(dimension: int, model: str) -> None:
    origin = origin_of_vectors(dimension, "eu-west-1", Holding(0, {}), "text", "embedding")
    assert origin is not None
    assert (origin.settings["model"], origin.certain) == (model, False)
    assert "correct embedding before you deploy" in origin.note
    assert ("billed by the hour" in origin.note) == (origin.settings["provider"] == "sagemaker")
    known = TitanEmbedding if origin.settings["provider"] == "titan" else SageMakerEmbedding
    assert known.model_validate(origin.settings).dimension == dimension
    assert origin_of_vectors(333, "eu-west-1", Holding(0, {}), "text", "embedding") is None


class People:
    """An account: functions by role, and APIs by function; only functions have roles."""

    def functions(self, role: str) -> list[str]:
        return ["loads"] if role == f"{ROLE}loader" else []

    def apis(self, function: str) -> list[tuple[str, str]]:
        return []

    def endpoints(self, function: str) -> list[str]:
        return []

    def exists(self, role: str) -> bool:
        return role != "gone"


def test_functions_without_an_api_and_indexes_that_nobody_may_use_are_shown(
    drawn: Callable[[Any], dict[str, Any]],
) -> None:
    there = contents(notes=FIELDS, letters={**FIELDS, "embedding": {**VECTOR, "dimension": 2}})
    holdings = {"notes": Holding(1, {}), "letters": Holding(2, {})}
    principals = [
        Principal(f"{ROLE}loader", ("loading",), ("note*",)),
        Principal(f"{ROLE}gone", ("old", "older"), ("*",)),
        Principal("arn:aws:iam::111122223333:user/ada", ("people",), ("notes",)),
    ]
    tree = collection_tree(there, holdings, People(), principals)  # type: ignore[arg-type]
    assert drawn(tree.roots) == {
        "function loads": {"index notes": {}},
        "role gone": {},
        "identity arn:aws:iam::111122223333:user/ada": {"index notes": {}},
    }
    assert drawn(tree.unused) == {"index letters": {}}
    assert tree.unused[0].state == "2 documents, vectors of 2 numbers"
    assert tree.roots[0].uses[0].state == "1 document, vectors of 384 numbers"
    [broken] = tree.broken
    assert broken.faults == ("The data access policy old and older names it, but it does not exist.",)


def test_without_a_right_to_list_people_the_indexes_are_shown(drawn: Callable[[Any], dict[str, Any]]) -> None:
    there = contents({"default_pipeline": "gone"}, notes=FIELDS)
    tree = indexes_alone(there, {"notes": Holding(0, {})})
    assert (drawn(tree.roots), tree.unused) == ({"index notes": {}}, ())
    assert tree.roots[0].faults == ("It names the ingest pipeline gone, which does not exist.",)


@pytest.fixture
def drawn() -> Callable[[Any], dict[str, Any]]:
    def shape(nodes: Any) -> dict[str, Any]:
        return {f"{node.kind} {node.name}": shape(node.uses) for node in nodes}

    return shape
