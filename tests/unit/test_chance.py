"""No test waits for a time and hopes: what a busy machine can make fail is forbidden where the syntax shows it.

A wait for a condition is `until` of tests/waiting.py. A deadline is long, because only a failure reaches it. No upper
bound on elapsed time is asserted: that a call does not wait is seen from its result, or from a gate that opens later.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from osml.place import CHECKOUT

TESTS = CHECKOUT / "tests"
# Seconds.
FLOOR = 60
# Seconds of a whole request of the product, and of all requests of a client together.
BUDGETS = {"Budget": 20, "ask": 20, "store": 20, "events": 20, "Patience": 300}
CLOCKS = frozenset({"monotonic", "perf_counter", "now"})
SLEEPS = frozenset({"time.sleep", "sleep", "asyncio.sleep", "page.wait_for_timeout"})
# Methods whose first argument is a deadline.
WAITS = frozenset({"wait", "join", "acquire", "get", "communicate", "Barrier", "until"})
SIGN = re.compile(
    r"sleep|wait|timeout|Barrier|until\(|monotonic|perf_counter|time\.time|elapsed|\.now\(|Timer\(|clock\.|seconds=|Budget"
)


def name_of(node: ast.expr) -> str:
    """The last part of a dotted name, such as `wait` of `event.wait`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def number_of(node: ast.expr, constants: dict[str, float]) -> float | None:
    """The number that an expression is, also by the name of a constant of its module."""
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    is_number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
    return float(node.value) if is_number and isinstance(node, ast.Constant) else None  # type: ignore[arg-type]


def constants_of(tree: ast.Module) -> dict[str, float]:
    pairs = [
        (target.id, number_of(node.value, {}))
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return {name: number for name, number in pairs if number is not None}


def sleeps(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in SLEEPS:
            yield node


def short_deadlines(tree: ast.Module) -> Iterator[ast.AST]:
    constants = constants_of(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        given = [keyword.value for keyword in node.keywords if keyword.arg in ("timeout", "seconds")]
        if name_of(node.func) not in WAITS:
            given = [keyword.value for keyword in node.keywords if keyword.arg == "timeout"]
        elif name_of(node.func) not in ("until", "get"):
            given += node.args[:1] if name_of(node.func) != "Barrier" else []
        if any((number := number_of(value, constants)) is not None and number < FLOOR for value in given):
            yield node


def timers(tree: ast.Module) -> Iterator[ast.AST]:
    """What begins after a time, whether or not that for which it is too early has happened."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) == "Timer":
            yield node


def running_clocks(tree: ast.Module) -> Iterator[ast.AST]:
    """Clocks of a page that run on by themselves: seconds that it counts have passed when a busy machine looks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("clock.install"):
            yield node


def short_budgets(tree: ast.Module) -> Iterator[ast.AST]:
    """Real requests with little time: on a busy machine they end before what the test is about."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or name_of(node.func) not in BUDGETS:
            continue
        given = [keyword.value for keyword in node.keywords if keyword.arg == "seconds"]
        given += node.args[:1] if name_of(node.func) == "Budget" and len(node.args) == 1 else []
        if any(
            (number := number_of(value, {})) is not None and number < BUDGETS[name_of(node.func)] for value in given
        ):
            yield node


def is_elapsed(node: ast.expr, ages: set[str]) -> bool:
    """Whether an expression contains the current time, an answer's `elapsed`, or a variable of such a difference."""
    return any(
        (isinstance(part, ast.Call) and (name_of(part.func) in CLOCKS or ast.unparse(part.func) == "time.time"))
        or (isinstance(part, ast.Attribute) and part.attr == "elapsed")
        or (isinstance(part, ast.Name) and part.id in ages)
        for part in ast.walk(node)
    )


def upper_bounds(tree: ast.Module) -> Iterator[ast.AST]:
    """Comparisons in which the current time, or an elapsed time, must be the smaller side."""
    ages = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Sub)
        if is_elapsed(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            smaller = left if isinstance(operator, ast.Lt | ast.LtE) else right
            if isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE) and is_elapsed(smaller, ages):
                yield node
                break


KINDS: dict[str, Callable[[ast.Module], Iterator[ast.AST]]] = {
    "sleep": sleeps,
    "short deadline": short_deadlines,
    "upper bound": upper_bounds,
    "timer": timers,
    "running clock": running_clocks,
    "short budget": short_budgets,
}
# Unit tests give requests a clock of their own.
NOT_IN_UNIT = frozenset({"short budget"})
# Fakes that are slow, pauses of loops that something else ends, the deliberate time without an engine, a clock that is
# stopped at once or only moved past a time, and a request that must not have enough time.
ALLOWED = {
    ("running clock", "browser/flows.py", "page.clock.install(time=_BEGUN)"),
    ("running clock", "browser/test_documents.py", "page.clock.install()"),
    ("short budget", "contract/test_assistant_domain.py", "shop.ask(ASKED, seconds=1.5)"),
    ("short deadline", "browser/stage.py", "self._opened.wait(_PAUSE)"),
    ("short deadline", "contract/test_index_versions.py", "library.embedder.held.acquire(timeout=2)"),
    ("short deadline", "e2e/canary.py", "done.wait(_PAUSE)"),
    ("sleep", "browser/test_documents.py", "page.wait_for_timeout(300)"),
    ("sleep", "contract/fault_proxy.py", "time.sleep(min(seconds, self.on_sleep()))"),
    ("sleep", "contract/index_versions.py", "time.sleep(0.05)"),
    ("sleep", "contract/index_versions.py", "time.sleep(self.embedder.seconds)"),
    ("sleep", "contract/soak_stack.py", "time.sleep(0.05)"),
    ("sleep", "e2e/test_crashes.py", "time.sleep(AWAY)"),
    ("sleep", "unit/scripted_destination.py", "time.sleep(self.seconds)"),
    ("sleep", "unit/test_edge_ask.py", "time.sleep(0.01)"),
    ("sleep", "unit/test_source_website_connections.py", "time.sleep(0.01)"),
    ("sleep", "waiting.py", "time.sleep(_PAUSE)"),
    ("upper bound", "contract/soak_stack.py", "time.monotonic() < deadline"),
    ("upper bound", "waiting.py", "time.monotonic() < deadline"),
}


def seen(folder: Path) -> set[tuple[str, str, str]]:
    """The kind, the file and the code of each such place in and below a folder."""
    return {
        (kind, file.relative_to(folder).as_posix(), ast.unparse(node))
        for file in folder.rglob("*.py")
        if SIGN.search(text := file.read_text())
        for tree in [ast.parse(text)]
        for kind, places in KINDS.items()
        if kind not in NOT_IN_UNIT or file.relative_to(folder).parts[0] != "unit"
        for node in places(tree)
    }


def test_no_test_depends_on_how_fast_the_machine_is() -> None:
    assert seen(TESTS) == ALLOWED


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("sleep", "time.sleep(1)"),
        ("sleep", "from time import sleep\nsleep(0.1)"),
        ("sleep", "page.wait_for_timeout(50)"),
        ("short deadline", "event.wait(5)"),
        ("short deadline", "FEW = 5.0\nprocess.wait(FEW)"),
        ("short deadline", "thread.join(timeout=2)"),
        ("short deadline", "requests.get(url, timeout=10)"),
        ("short deadline", "until('it', look, seconds=10)"),
        ("short deadline", "lock.acquire(timeout=2)"),
        ("short deadline", "Barrier(2, timeout=10)"),
        ("upper bound", "assert time.monotonic() - began < 2"),
        ("upper bound", "assert 2 > time.perf_counter() - began"),
        ("upper bound", "while not ready() and time.monotonic() < deadline: pass"),
        ("upper bound", "took = time.monotonic() - began\nassert 1 < took < 2"),
        ("upper bound", "assert answer.elapsed.total_seconds() < 60"),
        ("upper bound", "assert datetime.now(UTC) - loaded < timedelta(minutes=5)"),
        ("timer", "threading.Timer(1.0, free).start()"),
        ("running clock", "page.clock.install()"),
        ("short budget", "shop.ask('Why?', seconds=2)"),
        ("short budget", "read(table, Budget(5))"),
        ("short budget", "Client(transport, Patience(seconds=60, propagation=0))"),
    ],
)
def test_each_kind_is_seen(tmp_path: Path, kind: str, code: str) -> None:
    (tmp_path / "a.py").write_text(code)
    assert {place[0] for place in seen(tmp_path)} == {kind}


@pytest.mark.parametrize(
    "code",
    [
        "until('it', look)",
        "event.wait(PATIENCE)",
        "requests.get(url, timeout=60)",
        "assert time.monotonic() - began >= 0.15",
        "assert before <= made <= time.time()",
        "', '.join(names)",
        "names.get(1)",
        "page.clock.run_for(3_000)",
        "shop.ask('Why?', seconds=SECONDS)",
        "read(table, Budget(20))",
    ],
)
def test_what_cannot_fail_by_chance_is_allowed(tmp_path: Path, code: str) -> None:
    (tmp_path / "a.py").write_text(code)
    assert seen(tmp_path) == set()
