"""The pace: it rises while all goes well, and falls in proportion to what was refused."""

import pytest

from corpus.pace import FIRST, GROWTH, LEAST, LONGEST_PAUSE, LOWEST, Pace


def rounds(pace: Pace, number: int, share: float, seconds: float = 0.1) -> float:
    for _ in range(number):
        window = pace.window
        while window > 0:
            batch = pace.batch
            pace.answered(round(batch * (1 - share)), round(batch * share), seconds)
            window -= batch
    return pace.window


def test_the_window_doubles_until_a_document_is_refused() -> None:
    pace = Pace(10_000)
    assert rounds(pace, 1, 0) >= 1.8 * FIRST
    assert rounds(pace, 12, 0) == 10_000
    pace.answered(0, 10_000, 0.1)
    assert pace.window == 5_000
    assert rounds(pace, 1, 0) <= 5_000 * (1 + GROWTH) ** 2


def test_a_share_that_is_always_turned_away_does_not_hold_it_down() -> None:
    assert rounds(Pace(8_192), 100, 0.2) > 4_000
    assert rounds(Pace(8_192), 100, 0.01) > 4_000
    assert rounds(Pace(8_192), 100, 0.4) < LEAST


@pytest.mark.parametrize("limit", [60, 500, 4_000])
def test_the_share_of_refused_documents_is_the_same_at_every_limit(limit: int) -> None:
    pace, came, away = Pace(8_192), 0, 0
    for _ in range(200):
        over = max(0, round(pace.window) - limit)
        pace.answered(round(pace.window) - over, over, 0.1)
        came, away = came + min(round(pace.window), limit), away + over
    assert 0.1 < away / (came + away) < 0.35
    assert pace.window > 0.9 * limit


def test_all_turned_away_leaves_a_call_now_and_then() -> None:
    pace = Pace(8_192)
    assert pace.pause(0.1) == 0
    assert rounds(pace, 30, 1.0) == LOWEST
    assert pace.batch == LEAST
    assert 10 < pace.pause(0.1) <= pace.pause(1.0) == LONGEST_PAUSE


def test_after_an_outage_it_is_soon_as_wide_as_before() -> None:
    pace = Pace(8_192)
    rounds(pace, 30, 1.0)
    pauses = []
    while pace.window < FIRST:
        pace.answered(pace.batch, 0, 0.1)
        pauses.append(pace.pause(0.1))
    assert sum(pauses) < 90


@pytest.mark.parametrize("every", [0.5, 1.0, 5.0])
def test_a_limit_of_less_than_a_call_at_a_time_is_met_with_pauses(every: float) -> None:
    pace, clock, free, taken, refused = Pace(8_192), 0.0, 0.0, 0, 0
    while clock < 200 * every:
        clock += 0.1
        if clock >= free:
            free, taken = max(free, clock - every) + every, taken + 1
            pace.answered(pace.batch, 0, 0.1)
        else:
            refused += 1
            pace.answered(0, pace.batch, 0.1)
        clock += pace.pause(0.1)
    assert taken > 100
    assert refused < taken


def test_slow_answers_do_not_let_it_grow() -> None:
    pace = Pace(10_000)
    pace.answered(16, 0, 0.1)
    before = pace.window
    pace.answered(16, 0, 9.0)
    assert pace.window == before
