"""Whatever the owners do, in any order: existing entries stay, and those of an owner are removed with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcommons import Owner
from mlcommons.ledger import has_marks, is_marked, merged, ours

OWNERS = [Owner("one", "A"), Owner("one", "B"), Owner("two", "A")]
ENTRIES = [f"arn:aws:iam::1:role/{name}" for name in "abcd"]
WISHES = st.lists(st.tuples(st.sampled_from(OWNERS), st.lists(st.sampled_from(ENTRIES), unique=True)), max_size=12)


@given(held=st.lists(st.sampled_from(ENTRIES), unique=True), wishes=WISHES)
def test_everyone_gets_what_they_want_and_leaves_nothing(
    held: list[str], wishes: list[tuple[Owner, list[str]]]
) -> None:
    entries = list(held)
    wanted: dict[Owner, list[str]] = {owner: [] for owner in OWNERS}
    for owner, wish in wishes:
        entries = merged(entries, owner, wish)
        wanted[owner] = wish
        assert ours(entries, owner) == set(wish)
        real = {entry for entry in entries if not entry.startswith("osml:")}
        assert real == set(held).union(*wanted.values())
        assert merged(entries, owner, wish) == entries
    for owner in OWNERS:
        entries = merged(entries, owner, [])
    assert entries == held


def test_an_entry_removed_by_hand_is_restored() -> None:
    owner = OWNERS[0]
    entries = [entry for entry in merged([], owner, ["x"]) if entry != "x"]
    assert is_marked(entries, owner)
    assert ours(entries, owner) == set()
    assert ours(merged(entries, owner, ["x"]), owner) == {"x"}


@pytest.mark.parametrize("entry", ["osml:lock:ab12", "osml:mapping-made", "osml:a/b:lost:x", "arn:x"])
def test_what_is_not_a_mark(entry: str) -> None:
    assert not has_marks([entry])
