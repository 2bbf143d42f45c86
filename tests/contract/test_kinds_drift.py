"""Status, doctor, deploy and keeper report the same about an object that somebody has changed; a deploy repairs it."""

from collections.abc import Callable
from typing import Any

import pytest

from mlcommons import Client, Owner
from mlcommons.drift import Compared, compare
from mlcommons.errors import NotOurs
from mlcommons.watched import Watched
from osml.deploy.drift import sentence
from osml.doctor.checks.complaints import FIXES
from osml.doctor.checks.objects import name_of
from osml.status.inventory import entry
from rounds import Round
from tests.contract import by_hand, kinds_engine
from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import SHARED, SUBJECTS

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)

Act = Callable[[KindsEngine, str, str], None]


def _alias(engine: KindsEngine) -> tuple[str, dict[str, Any]]:
    spec = {"name": f"{engine.stack}-named-1", "body": {}}
    index = engine.apply("Index", spec, owner=engine.owner("Index")).physical_id
    return "Alias", {"name": f"{engine.stack}-named", "index": index}


def _made(engine: KindsEngine, kind: str) -> Watched:
    """An object as its stack has made it."""
    noun, spec = _alias(engine) if kind == "Alias" else (kind, SUBJECTS[kind](engine).spec)
    return Watched(noun, engine.apply(noun, spec).physical_id, engine.owner(), spec, target={"endpoint": "here"})


def _compared(engine: KindsEngine, entry: Watched) -> Compared:
    return compare(engine.client(), entry)


def _keeper(engine: KindsEngine, entry: Watched) -> list[tuple[str, str]]:
    def client_for(target: dict[str, Any], parts: int = 1) -> Client:
        assert target == entry.target
        return engine.client(seconds=60 / parts)

    drift = Round([entry], client_for, lambda _: 0.0).findings()
    return [(finding.what, finding.about) for finding in drift if finding.what in ("Drifted", "Healed")]


def _take_alias(engine: KindsEngine, _: str, physical_id: str) -> None:
    actions = [{"remove": {"index": f"{physical_id}-1", "alias": physical_id}}]
    engine.client().post("/_aliases", {"actions": actions})


def _move_alias(engine: KindsEngine, _: str, physical_id: str) -> None:
    """Move the alias to another index version of the same stack."""
    other = engine.apply("Index", {"name": f"{physical_id}-2", "body": {}}, owner=engine.owner("Second")).physical_id
    _take_alias(engine, "Alias", physical_id)
    engine.client().post("/_aliases", {"actions": [{"add": {"index": other, "alias": physical_id}}]})


def _give_alias_away(engine: KindsEngine, _: str, physical_id: str) -> None:
    """Move the alias to an index of another stack."""
    other = f"{physical_id}-theirs"
    engine.apply("Index", {"name": other, "body": {}}, owner=Owner("others", "Index"))
    _take_alias(engine, "Alias", physical_id)
    engine.client().post("/_aliases", {"actions": [{"add": {"index": other, "alias": physical_id}}]})


ACTS: dict[str, dict[str, Act]] = {
    "missing": dict.fromkeys(SUBJECTS, by_hand.delete) | {"Alias": _take_alias},
    "changed": dict.fromkeys(SUBJECTS, by_hand.change) | {"Alias": _move_alias},
    # Our entries of a shared list have no separate mark that somebody could replace.
    "taken over": {kind: by_hand.take_over for kind in SUBJECTS if kind not in SHARED} | {"Alias": _give_alias_away},
}


def test_every_kind_is_deleted_changed_and_taken_over_here() -> None:
    assert {kind for acts in ACTS.values() for kind in acts} == {*SUBJECTS, "Alias"}


@pytest.mark.parametrize(("state", "kind"), [(state, kind) for state, acts in ACTS.items() for kind in acts])
def test_a_changed_object_is_reported_alike_everywhere_and_repaired(engine: KindsEngine, state: str, kind: str) -> None:
    watched = _made(engine, kind)
    assert _compared(engine, watched).state == "as deployed"
    assert _keeper(engine, watched) == []
    ACTS[state][kind](engine, watched.kind, watched.id)
    comparison = _compared(engine, watched)
    assert comparison.state == state, comparison
    assert entry(engine.client(), watched).state == state
    assert sentence(entry(engine.client(), watched)).startswith(f"{watched} ({watched.id}) is {state}")
    assert name_of(comparison) in FIXES
    assert _keeper(engine, watched) == [("Drifted", str(watched))]
    if state == "taken over":
        with pytest.raises(NotOurs, match="others"):
            engine.apply(watched.kind, watched.spec, watched.id, previous=watched.spec)
        if kind != "Alias":
            by_hand.take_over(engine, kind, watched.id)  # allows the removal at the end
        return
    mended = engine.apply(watched.kind, watched.spec, watched.id, previous=watched.spec)
    assert mended.changed
    assert (
        _compared(engine, Watched(watched.kind, mended.physical_id, watched.owner, watched.spec)).state == "as deployed"
    )


def test_an_undeployed_model_is_reported_alike_everywhere_and_repaired(engine: KindsEngine) -> None:
    watched = _made(engine, "Model")
    by_hand.undeploy(engine, watched.id)
    assert _compared(engine, watched).state == "not deployed"
    # A model that answers is "ok": the engine deploys a model by itself when it is called.
    status_entry = entry(engine.client(), watched)
    assert (status_entry.state, status_entry.is_drift) == ("ok", False)
    by_hand.undeploy(engine, watched.id)
    assert engine.apply(watched.kind, watched.spec, watched.id, previous=watched.spec).changed
    assert _compared(engine, watched).state == "as deployed"
    by_hand.undeploy(engine, watched.id)
    assert _keeper(engine, watched) == [("Healed", str(watched))]
    assert _compared(engine, watched).state == "as deployed"


def test_without_a_specification_only_missing_and_foreign_objects_are_reported(engine: KindsEngine) -> None:
    made = _made(engine, "IngestPipeline")
    unknown = Watched(made.kind, made.id, made.owner)
    by_hand.change(engine, made.kind, made.id)
    assert _compared(engine, unknown).state == "as deployed"
    by_hand.delete(engine, made.kind, made.id)
    assert _compared(engine, unknown).state == "missing"
