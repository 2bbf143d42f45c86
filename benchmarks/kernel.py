"""The provisioner compared with bare requests and other tools: create, check, change under load, and remove objects.

It also measures the provisioner with up to fifty recipes on one engine. The kernel runs in this process with the
function's transport and signature. Lambda and CloudFormation are left out for all tools, because they take a second or
two for each object whatever the function does. The argument is the number of rounds, nine unless given. Takes about
four minutes on a machine that does nothing else.
"""

import secrets
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.clients import GOOD, Call, meanwhile
from benchmarks.engine import BenchmarkEngine, engine
from benchmarks.plot import plotted
from benchmarks.quick_endpoint import quick_endpoint
from benchmarks.reference_set import ReferenceSet
from benchmarks.tools.flow_framework import FlowFramework
from benchmarks.tools.kernel import Kernel
from benchmarks.tools.py_ml import py_ml
from benchmarks.tools.raw import RawRequests
from benchmarks.tools.tool import Tool, Unable
from trials.report import publish

WARM, ROUNDS = 6, int(sys.argv[1]) if len(sys.argv) > 1 else 9
WORK = {
    "create": "create",
    "again": "no change",
    "change": "change a connector",
    "shared": "the same, ids share a token",
    "remove": "remove",
}
# Questions per second, and how many at once, while a connector is changed.
RATE, CLIENTS = 20.0, 2
SIZES = (1, 10, 25, 50)
TIMES = 5
COLUMNS = ("work", "tool", "median", "spread", "requests", "over raw", "refused", "questions", "failed")
RECIPE_COLUMNS = ("recipes on the engine", "osml", "requests", "over the first", "raw requests", "over the first")


@dataclass
class Figures:
    """The figures of one tool for one kind of work.

    `seconds` and `requests` have a value for each success, `refused` counts failures, and `unable` is the reason of the
    last one. `questions` and `failed` count the questions that were sent meanwhile.
    """

    seconds: list[float] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    refused: int = 0
    unable: str = ""
    questions: int = 0
    failed: int = 0

    def do(self, tool: Tool, work: Callable[[], None]) -> None:
        before, begin = tool.requests, time.perf_counter()
        try:
            work()
        except Unable as refusal:
            self.refused, self.unable = self.refused + 1, str(refusal)
            return
        self.seconds.append(time.perf_counter() - begin)
        self.requests.append(tool.requests - before)

    def milliseconds(self) -> float:
        return statistics.median(self.seconds) * 1000 if self.seconds else float("nan")


Found = dict[tuple[str, str], Figures]


def main() -> None:
    """Measure, publish and draw."""
    with quick_endpoint() as endpoint, engine() as running, py_ml(running) as peer:
        raw, kernel = RawRequests(running), Kernel(running)
        pairs: list[Tool] = [RawRequests(running, parallel=True), Kernel(running, parallel=True)]
        tools: list[Tool] = [raw, kernel, *pairs, peer]
        if running.has_flow_framework:
            tools.append(FlowFramework(running))
        figures: Found = defaultdict(Figures)
        for number in range(WARM + ROUNDS):
            print(f"round {number} of {WARM + ROUNDS - 1}", flush=True)
            if number == WARM:
                figures.clear()
            for place, tool in enumerate(tools[number % len(tools) :] + tools[: number % len(tools)]):
                _round(running, figures, tool, ReferenceSet(f"bench-{number}-{place}", endpoint))
            for tool in (raw, kernel):
                _shared(running, figures, tool, ReferenceSet(f"bench-{number}-shared-{len(tool.name)}", endpoint))
        rows = [_row(figures, work, tool) for work in WORK for tool in tools if (work, tool.name) in figures]
        for (work, name), figure in figures.items():
            if figure.unable:
                print(f"{name}, {WORK[work]}: {figure.unable}")
        publish("provisioning", COLUMNS, rows)
        _draw(figures, tools)
        publish("recipes", RECIPE_COLUMNS, _recipes(raw, kernel, endpoint))


def _round(running: BenchmarkEngine, figures: Found, tool: Tool, wanted: ReferenceSet) -> None:
    made = figures["create", tool.name]
    made.do(tool, lambda: tool.create(wanted))
    if made.unable:
        raise SystemExit(f"{tool.name} made nothing: {made.unable}")
    figures["again", tool.name].do(tool, lambda: tool.again(wanted))
    _under_load(running, figures["change", tool.name], tool, wanted)
    figures["remove", tool.name].do(tool, lambda: tool.remove(wanted))


def _shared(running: BenchmarkEngine, figures: Found, tool: RawRequests | Kernel, wanted: ReferenceSet) -> None:
    """The same change if the ids of both connectors begin with the same token, so ml-commons confuses them."""
    tool.create(wanted)
    _share_a_token(running, tool.ids(wanted))
    _under_load(running, figures["shared", tool.name], tool, wanted)
    tool.remove(wanted)


def _under_load(running: BenchmarkEngine, figures: Figures, tool: Tool, wanted: ReferenceSet) -> None:
    client = Kernel(running).client()
    for number in range(2):
        client.put(f"/{wanted.name}/_doc/{number}?refresh=true", {"text": f"Text {number}."})
    with meanwhile(lambda: _asker(running, wanted), CLIENTS, RATE) as questions:
        time.sleep(0.2)
        figures.do(tool, lambda: tool.change(wanted))
        time.sleep(0.3)
    figures.questions += questions.total()
    figures.failed += questions.others.total()


def _asker(running: BenchmarkEngine, wanted: ReferenceSet) -> Call:
    session = running.session()

    def ask() -> str:
        url = f"{running.url}/{wanted.name}/_search?search_pipeline={wanted.name}"
        response = session.post(url, json=wanted.question(), verify=running.ca, timeout=60)
        return GOOD if response.ok and "ext" in response.json() else str(response.status_code)

    return ask


def _share_a_token(running: BenchmarkEngine, ids: dict[str, str]) -> None:
    """Give both connectors ids with a common token, as the administrator.

    Generated ids would not do, because it changes with each start of the engine whether they contain hyphens.
    """
    admin, folder, token = running.administrator(), "/.plugins-ml-connector/_doc", secrets.token_hex(4)
    for role in ("Embedding", "Answer"):
        made, chosen = ids[f"{role}Connector"], f"{token}-{secrets.token_hex(6)}"[:20]
        admin.put(f"{folder}/{chosen}", admin.get(f"{folder}/{made}")["_source"])
        Kernel(running).client().put(f"/_plugins/_ml/models/{ids[f'{role}Model']}", {"connector_id": chosen})
        admin.delete(f"{folder}/{made}")
        ids[f"{role}Connector"] = chosen
    admin.post("/.plugins-ml-connector/_refresh")


def _row(figures: Found, work: str, tool: Tool) -> list[str]:
    figure = figures[work, tool.name]
    raw = figures[work, "raw requests, parallel" if tool.name.endswith("parallel") else "raw requests"]
    load = [str(figure.questions), str(figure.failed)] if figure.questions else ["", ""]
    if not figure.seconds:
        return [WORK[work], tool.name, "", "", "", "", f"{figure.refused} of {figure.refused}", *load]
    return [
        WORK[work],
        tool.name,
        f"{figure.milliseconds():.0f} ms",
        f"{min(figure.seconds) * 1000:.0f}-{max(figure.seconds) * 1000:.0f}",
        f"{statistics.median(figure.requests):.0f}",
        f"{figure.milliseconds() / raw.milliseconds():.2f}" if raw.seconds else "",
        f"{figure.refused} of {figure.refused + len(figure.seconds)}",
        *load,
    ]


def _recipes(raw: RawRequests, kernel: Kernel, endpoint: str) -> list[list[str]]:
    """Rows for the time to create and remove one more recipe on an engine that already has others."""
    rows, standing = [], list[ReferenceSet]()
    first: dict[str, float] = {}
    for size in SIZES:
        while len(standing) < size - 1:
            standing.append(ReferenceSet(f"recipe-{len(standing)}", endpoint))
            kernel.create(standing[-1])
        figures = {tool.name: Figures() for tool in (kernel, raw)}
        for number in range(TIMES):
            for tool in (kernel, raw):
                wanted = ReferenceSet(f"recipe-more-{size}-{number}-{len(tool.name)}", endpoint)
                figures[tool.name].do(tool, lambda tool=tool, wanted=wanted: tool.create(wanted))  # type: ignore[misc]
                tool.remove(wanted)
        row = [str(size)]
        for name, figure in figures.items():
            ratio = figure.milliseconds() / first.setdefault(name, figure.milliseconds())
            requests = [f"{statistics.median(figure.requests):.0f}"] if name == kernel.name else []
            row += [f"{figure.milliseconds():.0f} ms", *requests, f"{ratio:.2f}"]
        rows.append(row)
    for wanted in standing:
        kernel.remove(wanted)
    return rows


def _draw(figures: Found, tools: Sequence[Tool]) -> None:
    names = [tool.name for tool in tools if "parallel" not in tool.name]
    plotted(
        "provisioning",
        "Median time for the same work",
        "ms, logarithmic",
        {WORK[work]: {name: figures[work, name].seconds for name in names if (work, name) in figures} for work in WORK},
    )


if __name__ == "__main__":
    main()
