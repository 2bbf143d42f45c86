"""The pace: up while all goes well, down by as much as was turned away."""

from corpus.pace import FIRST, LEAST, STEP, Pace


def rounds(pace: Pace, number: int, share: float, seconds: float = 0.1) -> float:
    for _ in range(number):
        window = pace.window
        while window > 0:
            batch = min(pace.batch, window)
            pace.answered(round(batch * (1 - share)), round(batch * share), seconds)
            window -= batch
    return pace.window


def test_it_doubles_until_something_is_turned_away() -> None:
    pace = Pace(10_000)
    assert rounds(pace, 1, 0) >= 1.8 * FIRST
    assert rounds(pace, 12, 0) == 10_000
    pace.answered(0, 10_000, 0.1)
    assert pace.window == 5_000
    assert rounds(pace, 1, 0) <= 5_000 + 2 * STEP


def test_a_share_that_is_always_turned_away_leaves_enough_under_way() -> None:
    assert 300 < rounds(Pace(8_192), 100, 0.2) < 1_500
    assert rounds(Pace(8_192), 100, 0.01) > 4_000


def test_all_turned_away_leaves_a_few() -> None:
    assert rounds(Pace(8_192), 30, 1.0) == LEAST


def test_slow_answers_do_not_let_it_grow() -> None:
    pace = Pace(10_000)
    pace.answered(16, 0, 0.1)
    before = pace.window
    pace.answered(16, 0, 9.0)
    assert pace.window == before
