"""Native packages of the functions, built for this machine: assets contain those for Amazon's processors.

`python -m sandbox.native_packages CACHE PYTHON FILE` prints the folder with those of one requirements file.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from sandbox.cache import appearing
from sandbox.failure import SandboxError
from sandbox.installer import install

CHECKOUT = Path(__file__).resolve().parent.parent
# Extension modules, and the shared libraries that repaired wheels contain.
NATIVE = ("*.so", "*.pyd", "*.dylib", "*.so.*")


def requirement_files() -> list[Path]:
    """The files with the locked dependencies of every function of this checkout; none in a wheel."""
    return sorted((CHECKOUT / "lambda").glob("*/requirements.txt"))


def native_packages(
    cache: Path, python: Path, report: Callable[[str], None], files: Iterable[Path] | None = None
) -> Path:
    """`<cache>/functions-<hash>` with a folder `<name>-<version>` for each package that `files` pin.

    Such a folder has the layout of site-packages, but only the native files, for the interpreter `python`. It is empty
    if a package has no native files for this machine. `files` are `requirement_files()` by default. Packages are
    installed once for each content of `files`. Raises SandboxError with the end of uv's output.
    """
    locked = list(files) if files is not None else requirement_files()
    digest = hashlib.sha256(_tag(python).encode() + b"".join(path.read_bytes() for path in locked)).hexdigest()[:12]
    folder = cache / f"functions-{digest}"
    if folder.exists():
        return folder
    report("Installing the functions' native packages …")
    with appearing(folder) as building:
        building.mkdir()
        for path in locked:
            _keep_native(_installed(path, python, building), building)
    return folder


def _installed(requirements: Path, python: Path, building: Path) -> Path:
    target = building / "site-packages"
    options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--python", str(python)]
    install(
        "The functions' native packages", "pip", "install", *options, "--target", str(target), "-r", str(requirements)
    )
    return target


def _keep_native(target: Path, building: Path) -> None:
    """Copy each distribution's native files (by its RECORD) from `target` to its own folder, and remove `target`."""
    for info in target.glob("*.dist-info"):
        package = building / info.name.removesuffix(".dist-info")
        package.mkdir(exist_ok=True)
        recorded = [Path(line.split(",")[0]) for line in (info / "RECORD").read_text().splitlines()]
        for path in recorded:
            if any(path.match(pattern) for pattern in NATIVE) and ".." not in path.parts:
                (package / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(target / path, package / path)
    shutil.rmtree(target)


def _tag(python: Path) -> str:
    """The tag of an interpreter's extension modules, such as `cpython-311-x86_64-linux-gnu`."""
    script = "import sysconfig; print(sysconfig.get_config_var('SOABI'))"
    return subprocess.run([str(python), "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def _main(cache: str, python: str, file: str) -> None:
    def report(line: str) -> None:
        print(line, file=sys.stderr)

    try:
        print(native_packages(Path(cache), Path(python), report, [Path(file)]))
    except SandboxError as failure:
        raise SystemExit(str(failure)) from None


if __name__ == "__main__":
    _main(*sys.argv[1:])
