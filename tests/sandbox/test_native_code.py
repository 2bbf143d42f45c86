"""Assets built for another machine get the modules for this one."""

import io
import sys
import zipfile
from pathlib import Path

import pytest

from sandbox.cloud.native_code import PACKED, NativeCode, is_pure
from sandbox.cloud.native_installer import installer
from sandbox.failure import SandboxError

PURE = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n"
NATIVE = "Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_17_aarch64\nTag: cp313-cp313-manylinux2014_aarch64\n"


def asset(**wheels: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "")
        for package, wheel in wheels.items():
            archive.writestr(f"{package}-1.0.dist-info/WHEEL", wheel)
            archive.writestr(f"{package}/_it.cpython-313-aarch64-linux-gnu.so", b"theirs")
            archive.writestr(f"{package}/any.abi3.so", b"theirs")
    return buffer.getvalue()


def unpacked(code: bytes, folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        archive.extractall(folder)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.so")}


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "packages"
    for name in ("frost-1.0", "other-1.0"):
        module = folder / name / name.partition("-")[0] / "_it.cpython-311-x86_64-linux-gnu.so"
        module.parent.mkdir(parents=True)
        module.write_bytes(b"ours")
        module.with_name("any.abi3.so").write_bytes(b"ours")
    (folder / "thaw-1.0").mkdir()
    return folder


@pytest.mark.parametrize(("wheel", "pure"), [(PURE, True), (NATIVE, False), (PURE + NATIVE, False)])
def test_pure_wheels(wheel: str, pure: bool) -> None:
    assert is_pure(wheel) is pure


def test_pure_asset_stays_as_it_is(packages: Path) -> None:
    code = asset(frost=PURE)
    assert NativeCode(packages).adapted(code) is code
    assert NativeCode(None).adapted(code) is code


def test_modules_for_this_machine_lie_beside_the_others(packages: Path, tmp_path: Path) -> None:
    code = unpacked(NativeCode(packages).adapted(asset(frost=NATIVE)), tmp_path / "code")
    assert code == {
        "frost/_it.cpython-313-aarch64-linux-gnu.so": b"theirs",
        "frost/_it.cpython-311-x86_64-linux-gnu.so": b"ours",
        "frost/any.abi3.so": b"ours",
    }


def test_modules_of_packed_parsers_are_packed_too(packages: Path, tmp_path: Path) -> None:
    buffer = io.BytesIO(asset(frost=NATIVE, other=NATIVE))
    parsers = io.BytesIO()
    # A module may also be a file beside its package, as those of mypyc are.
    (packages / "frost-1.0" / "beside__mypyc.cpython-311-x86_64-linux-gnu.so").write_bytes(b"ours")
    with zipfile.ZipFile(parsers, "w") as archive:
        archive.writestr("frost/any.abi3.so", b"theirs")
        archive.writestr("beside__mypyc.cpython-313-aarch64-linux-gnu.so", b"theirs")
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(PACKED, parsers.getvalue())
    code = NativeCode(packages).adapted(buffer.getvalue())
    beside = unpacked(code, tmp_path / "code")
    assert {name: content for name, content in beside.items() if content == b"ours"} == {
        "other/_it.cpython-311-x86_64-linux-gnu.so": b"ours",
        "other/any.abi3.so": b"ours",
    }
    within = unpacked((tmp_path / "code" / PACKED).read_bytes(), tmp_path / "parsers")
    assert {name: content for name, content in within.items() if content == b"ours"} == {
        "beside__mypyc.cpython-311-x86_64-linux-gnu.so": b"ours",
        "frost/_it.cpython-311-x86_64-linux-gnu.so": b"ours",
        "frost/any.abi3.so": b"ours",
    }


def test_package_that_is_pure_here_is_no_gap(packages: Path, tmp_path: Path) -> None:
    code = unpacked(NativeCode(packages).adapted(asset(thaw=NATIVE)), tmp_path / "code")
    assert set(code.values()) == {b"theirs"}


@pytest.mark.parametrize("prepared", [True, False])
def test_package_that_was_not_prepared(packages: Path, prepared: bool) -> None:
    with pytest.raises(SandboxError, match=r"holds frost_two 1\.0 for another machine.*pin that version"):
        NativeCode(packages if prepared else None).adapted(asset(frost_two=NATIVE))


def test_what_was_not_prepared_is_installed_as_the_asset_pins_it(packages: Path, tmp_path: Path) -> None:
    pinned: list[bytes] = []

    def install(requirements: bytes) -> Path:
        pinned.append(requirements)
        return packages

    buffer = io.BytesIO(asset(frost=NATIVE))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("requirements.txt", "frost==1.0")
    for prepared in (None, tmp_path):
        code = unpacked(NativeCode(prepared, install).adapted(buffer.getvalue()), tmp_path / "code")
        assert code["frost/any.abi3.so"] == b"ours"
    NativeCode(packages, install).adapted(buffer.getvalue())
    assert pinned == [b"frost==1.0"] * 2


def test_the_installer_runs_with_the_environment_of_the_start() -> None:
    code = "import os, pathlib, sys; print(os.environ['PLACE'], pathlib.Path(sys.argv[1]).read_text())"
    install = installer([sys.executable, "-c", code], {"PLACE": "/made"})
    assert install
    assert install(b"frost==1.0") == Path("/made frost==1.0")


def test_an_installer_that_fails_says_why() -> None:
    install = installer([sys.executable, "-c", "raise SystemExit('no registry is reachable')"], {})
    assert install
    with pytest.raises(SandboxError, match="no registry is reachable"):
        install(b"frost==1.0")
    assert installer([], {}) is None
