"""Pictures for docs/performance.md: bars with their spread, as SVG."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import matplotlib as mpl
from matplotlib.figure import Figure

NAME = 18  # characters of a group's name in a line
IMAGES = Path(__file__).parents[1] / "docs" / "images"


def plotted(
    name: str, title: str, unit: str, figures: Mapping[str, Mapping[str, Sequence[float]]], folder: Path = IMAGES
) -> Path:
    """Draw the median and the spread of each series in each group into `<name>.svg`, and return the file's path.

    The figures are in seconds, and the picture shows milliseconds. A series without a measurement has no bar. The same
    figures give the same file.
    """
    series = list(dict.fromkeys(label for group in figures.values() for label in group))
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        picture = Figure(figsize=(9.0, 4.5), layout="constrained")
        axes = picture.subplots()
        width = 0.8 / len(series)
        for place, label in enumerate(series):
            present = {at: group[label] for at, group in enumerate(figures.values()) if group.get(label)}
            medians = [statistics.median(seconds) * 1000 for seconds in present.values()]
            below = [m - min(seconds) * 1000 for m, seconds in zip(medians, present.values(), strict=True)]
            above = [max(seconds) * 1000 - m for m, seconds in zip(medians, present.values(), strict=True)]
            at = [group + (place - (len(series) - 1) / 2) * width for group in present]
            bars = axes.bar(at, medians, width, yerr=[below, above], capsize=2, label=label)
            axes.bar_label(bars, fmt="%.0f", fontsize=7, padding=2)
        axes.set_yscale("log")
        axes.set_xticks(range(len(figures)), [fill(name, NAME) for name in figures])
        axes.set_ylabel(unit)
        axes.set_title(title)
        axes.legend()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.svg"
        picture.savefig(path, metadata={"Date": None})
    return path
