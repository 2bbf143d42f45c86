"""The policy that all kinds share: adopt, replace, update, keep, retry, wait, verify.

It has three functions: `apply` brings an object to its specification, `destroy` removes it, `release` removes the owner
mark from an adopted object. Each may be called again at any time, with the same or an outdated id, and ends in the same
state.
"""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from mlcommons.client import Client
from mlcommons.errors import InvalidSpec, NotOurs, ProvisioningError, Unready
from mlcommons.kind import Kind, Observed, differing
from mlcommons.legible import legible
from mlcommons.owner import Owner

S = TypeVar("S")
T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProvisioningOutcome:
    """The result: the object's id, ids for other objects to refer to, whether anything was written, a note."""

    physical_id: str
    data: dict[str, str]
    changed: bool
    note: str = ""


@legible
def apply(
    kind: Kind[S],
    desired: Any,
    *,
    client: Client,
    owner: Owner,
    physical_id: str | None = None,
    on_created: Callable[[str], None] = lambda _: None,
    previous: Any = None,
) -> ProvisioningOutcome:
    """Bring the object to `desired` (JSON) and return when it works.

    Without `physical_id`, or if that object no longer exists, the owner's own object is adopted or a new one is made.
    If the outcome has a new id, a later call must destroy the old object. `on_created` gets the id as soon as the
    server has made it. A new object that does not work is removed again if there is time; otherwise a `destroy` of that
    id removes it. If nothing differs, nothing is written.

    `previous` is the specification before this one. In a rollback, it is that of the replacement, whose function may
    have died before it returned its object's id; that object is removed. If `previous` equals `desired` and the object
    matches it, the kernel sends only one read. It sends no probe, because the object was probed when it was made.

    Raises `NotOurs` if the object belongs to another owner, and any other `ProvisioningError`.
    """
    spec = kind.parse(desired)
    before = _read(kind, client, physical_id, owner)
    if before and before.owner != owner:
        raise _not_ours(kind, before, owner)
    changes = differing(kind, client, before, spec) if before else set()
    if before and not changes and previous == desired:
        return _outcome(before.physical_id, changed=False, note="nothing to change")
    kind.check(client, spec)
    if before is None:
        return _created(kind, spec, client, owner, on_created, frozenset())
    if previous is not None:
        _remove_stray(kind, previous, client, owner, before)
    if not changes:
        kind.ready(client, before.physical_id, spec, before)
        return _outcome(before.physical_id, changed=False, note="nothing to change")
    if changes & kind.replace_on:
        return _created(kind, spec, client, owner, on_created, frozenset({before.physical_id}))
    return _updated(kind, spec, client, owner, before, changes)


@legible
def destroy(
    kind: Kind[S], physical_id: str | None, *, client: Client, owner: Owner, previous: Any = None
) -> ProvisioningOutcome:
    """Remove the object if it exists and belongs to the owner; otherwise succeed with a note.

    `previous` is the last specification. If the create never learned the id (`physical_id` is None, or cannot be an id
    of the kind), it is searched for by its owner's mark.
    """
    observed = _read(kind, client, physical_id, owner)
    is_known = physical_id is not None and kind.could_be(physical_id, owner)
    if observed is None and previous is not None and not is_known:
        with contextlib.suppress(NotOurs, InvalidSpec):
            observed = kind.find(client, kind.parse(previous), owner)
    if observed is None:
        return _outcome(physical_id or "", changed=False, note=f"{kind.name} was already absent")
    if observed.owner != owner:
        return _outcome(
            observed.physical_id, changed=False, note=f"not deleted: belongs to {observed.owner or 'no stack'}"
        )
    doomed = observed
    note = _persistently(client, lambda: kind.delete(client, doomed, owner))
    return _outcome(observed.physical_id, changed=True, note=note or f"{kind.name} deleted")


@legible
def release(
    kind: Kind[S], physical_id: str | None, *, client: Client, owner: Owner, previous: Any
) -> ProvisioningOutcome:
    """Remove the owner's mark from an adopted object, which then works without the stack. Others' objects stay as is.

    `previous` is the last specification, with which the object is found if its id is unknown.
    """
    spec = kind.parse(previous)
    observed = _read(kind, client, physical_id, owner) or kind.find(client, spec, owner)
    if observed is None or observed.owner != owner:
        return _outcome(physical_id or "", changed=False, note=f"{kind.name} does not belong to {owner}")
    adopted = observed
    _persistently(client, lambda: kind.release(client, adopted, spec))
    return _outcome(observed.physical_id, changed=True, note=f"{kind.name} given back")


def _created(
    kind: Kind[S], spec: S, client: Client, owner: Owner, on_created: Callable[[str], None], known: frozenset[str]
) -> ProvisioningOutcome:
    """Adopt or make; a new object (not in `known`) that does not work is removed again."""
    existing = kind.find(client, spec, owner)
    if existing and existing.owner != owner:
        raise _not_ours(kind, existing, owner)
    if existing:
        changes = differing(kind, client, existing, spec)
        if not changes & kind.replace_on:
            on_created(existing.physical_id)
            kind.adopt(client, existing, spec)
            return _updated(kind, spec, client, owner, existing, changes)
        known |= {existing.physical_id}
    new_id: str | None = None
    try:
        new_id = _make(kind, spec, client, owner)
        on_created(new_id)
        kind.ready(client, new_id, spec, _verify(kind, spec, client, owner, new_id))
    except ProvisioningError:
        with contextlib.suppress(ProvisioningError):
            _unmake(kind, spec, client, owner, new_id, known)
        raise
    return _outcome(new_id, changed=True, note=f"{kind.name} created")


def _unmake(kind: Kind[S], spec: S, client: Client, owner: Owner, new_id: str | None, known: frozenset[str]) -> None:
    """Remove the new object, even if the answer to its creation never came."""
    made = kind.read(client, new_id, owner) if new_id else kind.find(client, spec, owner)
    if made and made.owner == owner and made.physical_id not in known:
        _persistently(client, lambda: kind.delete(client, made, owner))
        log.warning({"removed what does not work": f"{kind.name} {made.physical_id}"})


def _remove_stray(kind: Kind[S], previous: Any, client: Client, owner: Owner, current: Observed) -> None:
    """Remove the object of the previous specification if it is not the current object; otherwise send nothing."""
    with contextlib.suppress(ProvisioningError):
        spec = kind.parse(previous)
        if set(kind.changes(current, spec)) & kind.replace_on:
            _unmake(kind, spec, client, owner, None, frozenset({current.physical_id}))


def _updated(
    kind: Kind[S], spec: S, client: Client, owner: Owner, before: Observed, changes: set[str]
) -> ProvisioningOutcome:
    seen = before
    try:
        if changes:
            _persistently(client, lambda: kind.update(client, before, spec, owner))
            seen = _verify(kind, spec, client, owner, before.physical_id)
        kind.ready(client, before.physical_id, spec, seen)
    except ProvisioningError:
        if changes:
            with contextlib.suppress(ProvisioningError):
                kind.restore(client, before)
        raise
    note = f"updated {', '.join(sorted(changes))}" if changes else f"{kind.name} adopted"
    return _outcome(before.physical_id, changed=bool(changes), note=note)


def _make(kind: Kind[S], spec: S, client: Client, owner: Owner) -> str:
    """Create once: after a lost answer, search for the object before creating it again."""
    while True:
        try:
            return kind.create(client, spec, owner)
        except ProvisioningError as error:
            if not client.outlast(error):
                raise
        # The search comes after the wait: by then, the server has finished a creation that was still in progress.
        existing = kind.find(client, spec, owner)
        if existing and existing.owner == owner and not set(kind.changes(existing, spec)) & kind.replace_on:
            return existing.physical_id


def _persistently(client: Client, write: Callable[[], T]) -> T:
    """Repeat an idempotent write after temporary conflicts and truncated answers."""
    while True:
        try:
            return write()
        except ProvisioningError as error:
            if not client.outlast(error):
                raise


def _verify(kind: Kind[S], spec: S, client: Client, owner: Owner, physical_id: str) -> Observed:
    """Read the object until the write is visible, and return it.

    For example, a collection answers before it has made an index.
    """
    patience = client.patience
    since, attempt = patience.elapsed(), 0
    while True:
        observed = kind.read(client, physical_id, owner)
        left = _left(kind, client, spec, owner, observed) if observed else []
        if observed and not left:
            return observed
        if patience.elapsed() - since >= patience.propagation or not patience.wait(attempt + 1):
            break
        attempt += 1
    tried = f"Reading {kind.name} {physical_id} after writing it"
    if observed is None:
        raise Unready(tried, "it does not exist", "Deploy again.")
    cause = f"the server did not apply {', '.join(left)}"
    raise Unready(tried, cause, "Check whether somebody else changes it at the same time.")


def _left(kind: Kind[S], client: Client, spec: S, owner: Owner, observed: Observed) -> list[str]:
    return sorted(differing(kind, client, observed, spec)) if observed.owner == owner else ["the owner's mark"]


def _read(kind: Kind[S], client: Client, physical_id: str | None, owner: Owner) -> Observed | None:
    return kind.read(client, physical_id, owner) if physical_id and kind.could_be(physical_id, owner) else None


def _not_ours(kind: Kind[S], existing: Observed, owner: Owner) -> NotOurs:
    return NotOurs(
        f"Applying {kind.name} {existing.physical_id} for {owner}",
        f"it already exists and belongs to {existing.owner or 'no stack'}",
        "Choose another name, or remove that object first.",
    )


def _outcome(physical_id: str, *, changed: bool, note: str) -> ProvisioningOutcome:
    return ProvisioningOutcome(physical_id, {"Id": physical_id}, changed, note)
