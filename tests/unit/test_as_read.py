"""What a text is read as, and the place of each character of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.as_read import as_read, read

# Letters that change alone or together, marks before and after them, unseen characters, and plain ones.
TEXTS = st.text(
    st.one_of(
        st.sampled_from("aé @.-0１＠ﬁ㏂½e\u0301\u0308\u0323\u200b\u00ad\u1100\u1161\u11a8ｶﾞ\u3099\n\0"), st.characters()
    )
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ａ＠ｂ．ｃ", "a@b.c"),
        ("١٢३๔", "1234"),
        ("a\u2010b\u2011c\u2012d\u2013e\u2212f", "a-b-c-d-e-f"),
        ("so\u00adft\u200b", "soft"),
        ("e\u0301", "é"),
    ],
)
def test_a_text_is_read_as_a_person_reads_it(text: str, expected: str) -> None:
    assert as_read(text) == expected


@given(TEXTS)
def test_a_text_with_its_places_is_read_the_same(text: str) -> None:
    assert read(text).text == as_read(text)


@given(TEXTS, st.data())
def test_each_character_leads_back_to_what_it_was_read_from(text: str, data: st.DataObject) -> None:
    seen = read(text)
    if not seen.text:
        return
    start = data.draw(st.integers(0, len(seen.text) - 1))
    end = data.draw(st.integers(start + 1, len(seen.text)))
    begin, stop = seen.origin(start, end)
    assert 0 <= begin < stop <= len(text)
    # Some whole characters are read, so there may be more on either side, and nothing else is missing.
    assert seen.text[start:end] in as_read(text[begin:stop])
    assert seen.origin(0, len(seen.text))[0] <= begin


def test_the_place_is_right_after_characters_that_become_more_or_fewer() -> None:
    text = "ﬁ \u200b\u200be\u0301 １２ x"
    seen = read(text)
    assert seen.text == "fi é 12 x"
    assert [text[slice(*seen.origin(at, at + 1))] for at in range(len(seen.text))] == [
        "ﬁ", "ﬁ", " ", "e\u0301", " ", "１", "２", " ", "x",
    ]  # fmt: skip
