"""The kernel's policy on a kind of the test's own: a shelf of named boxes, kept in memory."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import pytest

from mlcommons import Client, Kind, MockTransport, Observed, Owner, Patience, Response, apply, destroy
from mlcommons.errors import (
    Conflict,
    EngineFailed,
    EngineThrottled,
    InvalidSpec,
    NotOurs,
    PermissionMissing,
    ProvisioningError,
    Rejected,
    Unanswered,
    Unready,
)
from tests.unit.kernel_clock import Clock

OURS = Owner("stack", "Box")
THEIRS = Owner("other", "Box")


@dataclass(frozen=True)
class BoxSpec:
    name: str
    color: str = "red"


@dataclass
class Shelf(Kind[BoxSpec]):
    name = "Box"
    spec_type = BoxSpec
    replace_on = frozenset({"name"})
    boxes: dict[str, tuple[Owner, str]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    troubles: dict[str, list[Any]] = field(default_factory=dict)

    def _do(self, verb: str) -> None:
        self.done.append(verb)
        waiting = self.troubles.get(verb, [])
        if waiting:
            trouble = waiting.pop(0)
            if trouble:
                raise trouble

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return physical_id != "*"

    def find(self, client: Client, spec: BoxSpec, owner: Owner) -> Observed | None:
        return self.read(client, spec.name, owner)

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        box = self.boxes.get(physical_id)
        return Observed(physical_id, *box) if box else None

    def changes(self, observed: Observed, spec: BoxSpec) -> Collection[str]:
        if observed.physical_id != spec.name:
            return {"name"}
        return () if observed.body == spec.color else {"color"}

    def create(self, client: Client, spec: BoxSpec, owner: Owner) -> str:
        self._do("create")
        self.boxes[spec.name] = (owner, spec.color)
        self._do("created")
        return spec.name

    def update(self, client: Client, observed: Observed, spec: BoxSpec, owner: Owner) -> None:
        self._do("update")
        self.boxes[observed.physical_id] = (owner, spec.color)

    def ready(self, client: Client, physical_id: str, spec: BoxSpec, seen: Observed | None = None) -> None:
        assert seen
        assert (seen.physical_id, seen.body) == (physical_id, spec.color)
        self._do("ready")

    def restore(self, client: Client, before: Observed) -> None:
        self._do("restore")
        assert before.owner
        self.boxes[before.physical_id] = (before.owner, before.body)

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        self._do("delete")
        del self.boxes[observed.physical_id]
        return ""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Client:
    patience = Patience(seconds=60, propagation=20, clock=clock, sleep=clock.sleep, jitter=lambda: 0.5)
    return Client(MockTransport(lambda _: Response(200, {})), patience)


def _error(kind: type[ProvisioningError], status: int | None = None) -> ProvisioningError:
    error = kind("Trying", "it broke")
    error.status = status
    return error


def test_create_reports_its_id_before_it_is_ready(client: Client) -> None:
    shelf = Shelf(troubles={"ready": [_error(Unready)]})
    reported: list[str] = []
    with pytest.raises(Unready):
        apply(shelf, {"name": "a"}, client=client, owner=OURS, on_created=reported.append)
    assert reported == ["a"]


def test_no_change_writes_nothing_and_still_asks_whether_it_works(client: Client) -> None:
    shelf = Shelf(boxes={"a": (OURS, "red")})
    outcome = apply(shelf, {"name": "a"}, client=client, owner=OURS, physical_id="a")
    assert shelf.done == ["ready"]
    assert not outcome.changed


def test_an_unchanged_specification_is_not_probed_again(client: Client) -> None:
    shelf = Shelf(boxes={"a": (OURS, "red")})
    outcome = apply(shelf, {"name": "a"}, client=client, owner=OURS, physical_id="a", previous={"name": "a"})
    assert shelf.done == []
    assert not outcome.changed


def test_an_unchanged_specification_repairs_a_changed_object(client: Client) -> None:
    shelf = Shelf(boxes={"a": (OURS, "blue")})
    outcome = apply(shelf, {"name": "a"}, client=client, owner=OURS, physical_id="a", previous={"name": "a"})
    assert shelf.done == ["update", "ready"]
    assert outcome.changed


def test_a_replacement_leaves_the_old_one_to_a_later_delete(client: Client) -> None:
    shelf = Shelf(boxes={"a": (OURS, "red")})
    outcome = apply(shelf, {"name": "b"}, client=client, owner=OURS, physical_id="a")
    assert outcome.physical_id == "b"
    assert set(shelf.boxes) == {"a", "b"}


def test_another_owners_object_is_never_adopted_changed_or_deleted(client: Client) -> None:
    shelf = Shelf(boxes={"a": (THEIRS, "blue")})
    with pytest.raises(NotOurs, match="a for stack/Box: it already exists and belongs to other/Box"):
        apply(shelf, {"name": "a"}, client=client, owner=OURS)
    with pytest.raises(NotOurs):
        apply(shelf, {"name": "a"}, client=client, owner=OURS, physical_id="a")
    outcome = destroy(shelf, "a", client=client, owner=OURS)
    assert outcome.note == "not deleted: belongs to other/Box"
    assert shelf.boxes == {"a": (THEIRS, "blue")}


def test_our_own_object_is_adopted_and_brought_up_to_date(client: Client) -> None:
    shelf = Shelf(boxes={"a": (OURS, "blue")})
    outcome = apply(shelf, {"name": "a"}, client=client, owner=OURS)
    assert shelf.done == ["update", "ready"]
    assert outcome.note == "updated color"


@pytest.mark.parametrize("trouble", [_error(Unanswered), _error(EngineFailed, 500)])
def test_a_lost_answer_to_a_create_makes_no_second_object(client: Client, trouble: ProvisioningError) -> None:
    shelf = Shelf(troubles={"created": [trouble]})
    outcome = apply(shelf, {"name": "a"}, client=client, owner=OURS)
    assert shelf.done.count("create") == 1
    assert outcome.physical_id == "a"


def test_two_registrations_at_once_go_one_after_the_other(client: Client, clock: Clock) -> None:
    shelf = Shelf(troubles={"create": [_error(Conflict, 409), _error(Conflict, 409)]})
    assert apply(shelf, {"name": "a"}, client=client, owner=OURS).changed
    assert len(clock.slept) == 2


def test_a_lasting_conflict_is_an_error(client: Client, clock: Clock) -> None:
    shelf = Shelf(troubles={"create": [_error(Conflict, 409)] * 20})
    with pytest.raises(Conflict):
        apply(shelf, {"name": "a"}, client=client, owner=OURS)
    assert 2 < shelf.done.count("create") < 20
    assert clock.now < 60


@pytest.mark.parametrize("physical_id", [None, "old"])
def test_what_was_made_and_does_not_work_is_removed(client: Client, physical_id: str | None) -> None:
    shelf = Shelf(boxes={"old": (OURS, "red")}, troubles={"ready": [_error(Unready)]})
    with pytest.raises(Unready):
        apply(shelf, {"name": "a"}, client=client, owner=OURS, physical_id=physical_id)
    assert shelf.done == ["create", "created", "ready", "delete"]
    assert set(shelf.boxes) == {"old"}


def test_what_was_made_without_an_answer_until_the_end_is_removed(client: Client) -> None:
    shelf = Shelf(troubles={"created": [_error(Rejected)]})
    with pytest.raises(Rejected):
        apply(shelf, {"name": "a"}, client=client, owner=OURS)
    assert shelf.boxes == {}


def test_the_first_error_is_reported_when_the_removal_also_fails(client: Client) -> None:
    shelf = Shelf(troubles={"ready": [_error(Unready)], "delete": [_error(Rejected)]})
    with pytest.raises(Unready):
        apply(shelf, {"name": "a"}, client=client, owner=OURS)
    assert set(shelf.boxes) == {"a"}


def test_what_was_adopted_is_not_removed(client: Client) -> None:
    shelf = Shelf(boxes={"a": (OURS, "red")}, troubles={"ready": [_error(Unready)]})
    with pytest.raises(Unready):
        apply(shelf, {"name": "a"}, client=client, owner=OURS)
    assert set(shelf.boxes) == {"a"}


def test_a_403_on_a_new_object_may_be_iam_that_has_not_spread(client: Client) -> None:
    shelf = Shelf(troubles={"create": [_error(PermissionMissing, 403)] * 3})
    assert apply(shelf, {"name": "a"}, client=client, owner=OURS).changed


@pytest.mark.parametrize(("status", "longest"), [(403, 30.0), (401, 0.0)])
def test_a_lasting_refusal_is_an_error_soon(client: Client, clock: Clock, status: int, longest: float) -> None:
    shelf = Shelf(troubles={"create": [_error(PermissionMissing, status)] * 100})
    with pytest.raises(PermissionMissing):
        apply(shelf, {"name": "a"}, client=client, owner=OURS)
    assert clock.now <= longest


def test_nothing_continues_after_the_deadline(clock: Clock) -> None:
    patience = Patience(seconds=3, propagation=99, clock=clock, sleep=clock.sleep, jitter=lambda: 0.9)
    client = Client(MockTransport(lambda _: Response(200, {})), patience)
    shelf = Shelf(troubles={"create": [_error(PermissionMissing, 403)] * 100})
    with pytest.raises(PermissionMissing):
        apply(shelf, {"name": "a"}, client=client, owner=OURS)
    assert clock.now < 3


def test_an_update_that_stops_the_work_is_taken_back(client: Client) -> None:
    shelf = Shelf(boxes={"a": (OURS, "red")}, troubles={"ready": [_error(PermissionMissing, 401)]})
    with pytest.raises(PermissionMissing):
        apply(shelf, {"name": "a", "color": "blue"}, client=client, owner=OURS, physical_id="a")
    assert shelf.done == ["update", "ready", "restore"]
    assert shelf.boxes["a"] == (OURS, "red")


def test_what_the_server_did_not_take_is_an_error(client: Client) -> None:
    class Stubborn(Shelf):
        def update(self, client: Client, observed: Observed, spec: BoxSpec, owner: Owner) -> None:
            return

    shelf = Stubborn(boxes={"a": (OURS, "red")})
    with pytest.raises(Unready, match="did not apply color"):
        apply(shelf, {"name": "a", "color": "blue"}, client=client, owner=OURS, physical_id="a")


def test_what_was_deleted_by_hand_is_made_again(client: Client) -> None:
    shelf = Shelf()
    assert apply(shelf, {"name": "a"}, client=client, owner=OURS, physical_id="a").changed
    assert shelf.done == ["create", "created", "ready"]


@pytest.mark.parametrize("unknown", ["a", "*", None])
def test_deleting_the_absent_succeeds_and_says_so(client: Client, unknown: str | None) -> None:
    shelf = Shelf()
    outcome = destroy(shelf, unknown, client=client, owner=OURS, previous={"name": "b"})
    assert outcome.note == "Box was already absent"
    assert shelf.done == []


@pytest.mark.parametrize(
    ("physical_id", "left"),
    [(None, set()), ("*", set()), ("gone", {"b"})],
)
def test_only_without_an_id_a_delete_looks_for_our_object(
    client: Client, physical_id: str | None, left: set[str]
) -> None:
    """An old id whose object is gone must not delete the object that has replaced it."""
    shelf = Shelf(boxes={"b": (OURS, "red")})
    destroy(shelf, physical_id, client=client, owner=OURS, previous={"name": "b"})
    assert set(shelf.boxes) == left


def test_a_delete_after_a_create_that_was_refused_for_its_spec_succeeds(client: Client) -> None:
    outcome = destroy(Shelf(), None, client=client, owner=OURS, previous={"nonsense": True})
    assert "absent" in outcome.note


def test_an_unknown_field_is_refused_before_anything_is_sent(client: Client) -> None:
    shelf = Shelf()
    with pytest.raises(InvalidSpec, match="'colour' is not a field"):
        apply(shelf, {"name": "a", "colour": "red"}, client=client, owner=OURS)
    assert shelf.done == []


def _answers(*answers: Response | ProvisioningError) -> Callable[[Any], Response]:
    waiting = list(answers)

    def handler(_: Any) -> Response:
        answer = waiting.pop(0)
        if isinstance(answer, ProvisioningError):
            raise answer
        return answer

    return handler


def test_a_throttled_request_waits_for_the_requested_time(clock: Clock) -> None:
    patience = Patience(seconds=60, clock=clock, sleep=clock.sleep, jitter=lambda: 0.0)
    transport = MockTransport(_answers(Response(429, {}, {"retry-after": "7"}), Response(200, {"ok": True})))
    assert Client(transport, patience).post("/x", {}) == {"ok": True}
    assert clock.slept == [7.0]


def test_a_throttled_request_does_not_wait_past_the_deadline(clock: Clock) -> None:
    patience = Patience(seconds=5, clock=clock, sleep=clock.sleep)
    transport = MockTransport(_answers(Response(429, {}, {"retry-after": "7"})))
    with pytest.raises(EngineThrottled):
        Client(transport, patience).get("/x")
    assert clock.slept == []


@pytest.mark.parametrize(
    ("method", "path", "tries"),
    [("get", "/x", 2), ("put", "/x", 2), ("post", "/x/_predict", 2), ("post", "/x/_register", 1)],
)
def test_only_what_is_safe_is_sent_twice(clock: Clock, method: str, path: str, tries: int) -> None:
    transport = MockTransport(_answers(Unanswered("GET /x", "reset"), Response(200, {})))
    client = Client(transport, Patience(clock=clock, sleep=clock.sleep))
    body: tuple[Any, ...] = () if method == "get" else ({},)
    if tries == 1:
        with pytest.raises(Unanswered):
            getattr(client, method)(path, *body)
    else:
        getattr(client, method)(path, *body)
    assert len(transport.requests) == tries
