"""When the keeper takes and deletes backups, and what a restore refuses, on a simulated engine.

tests/e2e/test_backup.py uses the real one.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import restoring
from backups import Backups
from mlcommons import Client, MockTransport, Owner, ProvisioningError, Request, Response
from mlcommons.errors import Conflict, InvalidSpec, NotFound, Unready
from mlcommons.watched import Watched
from snapshots import Repository, Snapshot

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
PLACE = {"bucket": "b", "region": "us-east-1", "base_path": "snapshots", "role_arn": "arn:aws:iam::1:role/r"}
MISSING = Response(404, {"error": {"type": "missing_exception", "reason": "missing"}, "status": 404})
DOCUMENTS, KEPT = "passages-1a2b3c4d", "passages-conversations"


def watched(kind: str, id: str, **spec: Any) -> Watched:
    return Watched(kind, id, Owner("osml-dev-knowledge", kind), {"name": id, **spec})


OBJECTS = [watched("Index", DOCUMENTS), watched("Index", KEPT), watched("Alias", "passages", index=DOCUMENTS)]


@dataclass
class Engine:
    """A repository with `taken`: the age in hours and the state of each; `counts` are the documents of indexes."""

    taken: list[tuple[float, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    registered: dict[str, Any] = field(default_factory=dict)

    def __call__(self, request: Request) -> Response:
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["_snapshot", name]:
                known = self.registered.get(name)
                return Response(200, {name: known}) if known else MISSING
            case "GET", ["_snapshot", _, "_all"]:
                return Response(200, {"snapshots": [self._shown(*snapshot) for snapshot in self.taken]})
            case "PUT", ["_snapshot", name]:
                self.registered[name] = {
                    "type": "s3",
                    "settings": {k: str(v) for k, v in request.body["settings"].items()},
                }
            case "GET", [index, "_count"]:
                known = index in self.counts
                return Response(200, {"count": self.counts[index]}) if known else MISSING
        return Response(200, {"acknowledged": True})

    @staticmethod
    def _shown(hours: float, state: str) -> dict[str, Any]:
        began = (NOW - timedelta(hours=hours)).timestamp() * 1000
        return {"snapshot": f"{hours:g}h", "state": state, "start_time_in_millis": began, "indices": [DOCUMENTS]}


def settings(**changed: Any) -> Backups:
    usual: dict[str, Any] = {
        "environment": "dev",
        "repository": "osml-dev",
        "hours": 24,
        "keep_days": 2,
        "places": {"dev": PLACE},
    }
    return Backups(**(usual | changed))


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([], ["Saved"]),
        ([(1, "SUCCESS")], []),
        ([(24, "SUCCESS")], ["Saved"]),
        ([(30, "SUCCESS"), (0, "IN_PROGRESS")], []),
        ([(30, "SUCCESS"), (1, "PARTIAL")], ["Unhealed", "Saved"]),
        # The last complete backup stays, even when it is older than two days.
        ([(90, "SUCCESS")], ["Saved"]),
        ([(90, "SUCCESS"), (80, "PARTIAL"), (1, "SUCCESS")], ["Expired 90h", "Expired 80h"]),
        ([(90, "SUCCESS"), (80, "SUCCESS"), (60, "FAILED")], ["Unhealed", "Saved", "Expired 90h"]),
    ],
)
def test_what_a_round_does(taken: list[tuple[float, str]], expected: list[str]) -> None:
    transport = MockTransport(Engine(taken))
    findings = list(settings().findings(Client(transport), OBJECTS, NOW))
    shown = [f"{item.what} {item.about}" if item.what == "Expired" else item.what for item in findings]
    assert shown == expected
    deleted = [write.path.rpartition("/")[2] for write in transport.writes if write.method == "DELETE"]
    assert deleted == [line.removeprefix("Expired ") for line in expected if line.startswith("Expired")]
    begun = [write for write in transport.writes if write.path.startswith("/_snapshot/osml-dev/osml-dev-2026-11-30t12")]
    assert len(begun) == expected.count("Saved")
    for write in begun:
        assert write.body == {"indices": f"{DOCUMENTS},{KEPT}", "include_global_state": False}


def test_two_backups_of_the_same_second_have_different_names() -> None:
    transport = MockTransport(Engine())
    moments = (NOW, NOW + timedelta(milliseconds=1), NOW + timedelta(milliseconds=999))
    names = [settings().take(Client(transport), OBJECTS, moment) for moment in moments]
    assert names == [f"osml-dev-2026-11-30t12-00-00-{thousandths}" for thousandths in ("000", "001", "999")]


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_backups_of_one_moment_are_in_the_order_of_their_names(names: str) -> None:
    snapshots = [{"snapshot": name, "state": "SUCCESS", "start_time_in_millis": 1} for name in names]
    client = Client(MockTransport(lambda _: Response(200, {"snapshots": snapshots})))
    assert [snapshot.name for snapshot in Repository(client, "osml-dev", PLACE).snapshots()] == ["a", "b"]


def test_a_repository_is_registered_once_and_again_when_its_bucket_is_another() -> None:
    transport = MockTransport(Engine())
    for place, times in ((PLACE, 1), (PLACE, 1), (PLACE | {"readonly": True}, 2), (PLACE | {"readonly": True}, 2)):
        Repository(Client(transport), "osml-dev", place).register()
        assert len(transport.writes) == times


def test_a_refusal_of_the_engine_sets_off_the_alarm() -> None:
    client = Client(MockTransport(lambda _: Response(400, {"error": {"type": "x", "reason": "no such bucket"}})))
    [finding] = settings().findings(client, OBJECTS, NOW)
    assert (finding.what, "no such bucket" in finding.why) == ("Unhealed", True)


def begun(engine: Engine, objects: list[Watched], name: str | None = None, *, replace: bool = False) -> list[Request]:
    transport = MockTransport(engine)
    repository = Repository(Client(transport), "osml-dev", PLACE)
    restoring.begin(repository, name, objects, replace=replace)
    return transport.writes


def test_an_index_is_closed_and_restored_under_its_name_here() -> None:
    here = [watched("Index", "articles-1a2b3c4d"), watched("Alias", "articles", index="articles-1a2b3c4d")]
    writes = begun(Engine([(1, "SUCCESS")], {"articles-1a2b3c4d": 0}), here)
    assert [write.path for write in writes[1:]] == ["/articles-1a2b3c4d/_close", "/_snapshot/osml-dev/1h/_restore"]
    sent = {name: writes[2].body[name] for name in ("indices", "rename_replacement", "include_aliases")}
    assert sent == {"indices": DOCUMENTS, "rename_replacement": "articles-1a2b3c4d", "include_aliases": False}


def test_a_deleted_index_is_restored_without_closing_it() -> None:
    assert [write.path for write in begun(Engine([(1, "SUCCESS")]), OBJECTS)[1:]] == ["/_snapshot/osml-dev/1h/_restore"]


@pytest.mark.parametrize(
    ("engine", "objects", "name", "error", "said"),
    [
        (Engine(), OBJECTS, None, NotFound, "no complete backup"),
        (Engine([(1, "SUCCESS")]), OBJECTS, "2h", NotFound, "no backup 2h"),
        (Engine([(1, "PARTIAL")]), OBJECTS, "1h", Unready, "1h is PARTIAL"),
        (Engine([(1, "SUCCESS")], {DOCUMENTS: 3}), OBJECTS, None, Conflict, "has 3 documents.*--replace"),
        (
            Engine([(1, "SUCCESS")]),
            [watched("Index", "passages-99999999"), watched("Alias", "passages", index="passages-99999999")],
            None,
            InvalidSpec,
            "no index for passages-99999999, only passages-1a2b3c4d.*`embedding`",
        ),
    ],
)
def test_what_a_restore_refuses_before_it_closes_anything(
    engine: Engine, objects: list[Watched], name: str | None, error: type[ProvisioningError], said: str
) -> None:
    transport = MockTransport(engine)
    with pytest.raises(error, match=said):
        restoring.begin(Repository(Client(transport), "osml-dev", PLACE), name, objects, replace=False)
    assert [write.path for write in transport.writes] == ["/_snapshot/osml-dev"]


def test_documents_that_would_be_lost_are_replaced_when_told_to() -> None:
    writes = begun(Engine([(1, "SUCCESS")], {DOCUMENTS: 3}), OBJECTS, replace=True)
    assert writes[-1].path.endswith("/_restore")


def test_others_are_read_and_never_written() -> None:
    backups = settings(places={"dev": PLACE, "prod": PLACE | {"bucket": "p"}})
    repository = backups.of(Client(MockTransport(Engine())), "prod")
    assert (repository.name, repository.place) == ("osml-dev-from-prod", PLACE | {"bucket": "p", "readonly": True})


def test_a_snapshot_lists_itself() -> None:
    shown = Snapshot("one", "SUCCESS", NOW, (DOCUMENTS,)).shown
    assert shown == {
        "name": "one",
        "state": "SUCCESS",
        "began": "2026-11-30T12:00:00+00:00",
        "indexes": [DOCUMENTS],
    }
