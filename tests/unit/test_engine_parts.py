import re
from collections import Counter

from sandbox.engine.parts import LIST, Module, Part, Plugin, parts

LISTED = parts()


def test_every_part_is_pinned_by_a_sha256() -> None:
    assert [part.coordinates for part in LISTED if not re.fullmatch(r"[0-9a-f]{64}", part.sha256)] == []


def test_no_two_parts_share_a_digest_or_a_path() -> None:
    assert max(Counter(part.sha256 for part in LISTED).values()) == 1
    assert max(Counter(part.path for part in LISTED).values()) == 1


def test_the_core_comes_first_and_every_part_once() -> None:
    every = list(LISTED)
    assert every[0] == LISTED.core
    assert len(every) == len(set(every))


def test_modules_and_the_core_are_of_one_version() -> None:
    engines = [part for part in LISTED if part.group.startswith("org.opensearch")]
    assert {part.version for part in engines} == {LISTED.version, f"{LISTED.version}.0"}
    assert LISTED.core.version == LISTED.version


def test_what_a_folder_extends_is_there() -> None:
    modules = {module.name for module in LISTED.modules}
    assert {name for module in LISTED.modules for name in module.extends} <= modules
    assert "opensearch-security" in {plugin.name for plugin in LISTED.plugins}


def test_no_folder_holds_two_jars_of_one_library() -> None:
    folders: tuple[Module | Plugin, ...] = (*LISTED.modules, *LISTED.plugins)
    for folder in folders:
        assert len({jar.name for jar in folder.jars}) == len(folder.jars), folder.name


def test_only_plugins_built_from_source_may_differ_from_their_digest() -> None:
    differing = {part.name for part in LISTED if part.or_published}
    assert differing == {"opensearch-ml-plugin", "neural-search"}


def test_an_engine_can_do_without_machine_learning_alone() -> None:
    optional = {plugin.name for plugin in LISTED.plugins if plugin.optional}
    assert optional == {"opensearch-ml", "opensearch-neural-search"}
    assert {plugin.name for plugin in LISTED.without_optional().plugins} == {
        "opensearch-job-scheduler",
        "opensearch-security",
        "opensearch-knn",
    }


def test_coordinates_name_the_packaging_unless_it_is_jar() -> None:
    archive = Part("org.example.search", "engine", "1.0", "zip", "")
    assert archive.coordinates == "org.example.search:engine:1.0:zip"
    assert archive.path == "org/example/search/engine/1.0/engine-1.0.zip"
    assert Part("a", "b", "1", "jar", "").coordinates == "a:b:1"


def test_the_list_names_no_host() -> None:
    assert "://" not in LIST.read_text()
