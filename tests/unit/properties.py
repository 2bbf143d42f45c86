"""Shared by the property-based tests: how many examples they try, and how they spoil correct values.

The examples are the same in every run, so a failure comes from the change at hand. `OSML_PROPERTIES=deep` draws new
ones and many more, and reduces a failing example to the smallest one.
"""

import copy
import json
import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

DEEP = os.environ.get("OSML_PROPERTIES") == "deep"


def examples(count: int) -> settings:
    """Settings with that many examples, or a hundred times as many when deep."""
    return settings(
        max_examples=count * 100 if DEEP else count,
        derandomize=not DEEP,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink] if DEEP else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["", "*", "a,b", "../x", "ä€\U0001f600", "x" * 5000, "${parameters.x}", "-1", "1e400", "\x00"])
)


@cache
def values(names: Sequence[str] = ()) -> st.SearchStrategy[Any]:
    """JSON values of every shape; their objects often have fields with these names."""
    keys = st.text(max_size=6) | st.sampled_from(names) if names else st.text(max_size=6)
    return st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
    )


@st.composite
def spoiled(draw: st.DrawFn, right: Any, most: int = 2) -> Any:
    """`right` with up to `most` of its values replaced, removed, or joined by an unknown one."""
    value = copy.deepcopy(right)
    for _ in range(draw(st.integers(1, most))):
        places = list(_places(value))
        if not places:
            return draw(values())
        holder, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(("replace", "replace", "leave out", "add"))):
            case "replace":
                holder[key] = draw(values())
            case "leave out":
                del holder[key]
            case _ if isinstance(holder, dict):
                holder[draw(st.text(max_size=8))] = draw(values())
            case _:
                holder.append(draw(values()))
    return value


def shown(value: Any) -> Any:
    """The value after it was written as JSON and read again."""
    return json.loads(json.dumps(value))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
