from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.front.refusal import SignatureReplayed
from sandbox.front.replay import Replays
from sandbox.front.signature import Signature

SIGNED = Signature("AKIDEXAMPLE", "20260101", "us-east-1", "es", "aws4_request", ("host",), "0" * 64, "", None)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_alike_requests_of_one_second_are_honest_for_a_while(clock: Clock) -> None:
    replays = Replays(15.0, clock)
    for clock.now in (1000.0, 1001.0, 1015.0):
        replays.verify(SIGNED)
    assert len(replays) == 1


def test_what_comes_again_later_is_refused_every_time(clock: Clock) -> None:
    replays = Replays(15.0, clock)
    replays.verify(SIGNED)
    for clock.now in (1016.0, 1300.0, 1599.0):
        with pytest.raises(SignatureReplayed, match=f"was received {clock.now - 1000:.0f} s ago"):
            replays.verify(SIGNED)
        replays.verify(replace(SIGNED, digest=f"{clock.now:064.0f}"))


def test_a_presigned_query_is_made_to_be_used_again(clock: Clock) -> None:
    replays = Replays(15.0, clock)
    for clock.now in (1000.0, 1100.0):
        replays.verify(replace(SIGNED, expires=600))
    assert len(replays) == 0


def test_nothing_is_kept_longer_than_a_date_is_good_for(clock: Clock) -> None:
    replays = Replays(15.0, clock)
    for second in range(5000):
        clock.now += 1
        replays.verify(replace(SIGNED, digest=f"{second:064}"))
    assert len(replays) <= 601
