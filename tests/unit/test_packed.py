"""The archive of parsers in the asset of `documents`: it can read each type of file."""

import io
import json
import shutil
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import pytest
from PIL import Image

from corpus import packed
from opensearch_ml.assistant.assistant_function import PARSERS, UNREAD
from opensearch_ml.engine import function_bundle
from sandbox.cloud import native_code
from tests.unit.office_files import xlsx
from tests.unit.pdf_files import pdf

# It imports the CDK.
pytestmark = pytest.mark.thorough

READ = """
import sys
from corpus.formats import Reading
from corpus.recognition import Recognized
from corpus.source import read
seen = lambda pictures: [Recognized([sys.argv[2]]) for _ in pictures]
for name in sys.argv[3:]:
    with open(f"{sys.argv[1]}/{name}", "rb") as file:
        (entry,) = read(file, name, Reading("text", recognize=seen))
    print(name, getattr(entry, "reason", None) or entry.source["text"].strip().splitlines()[-1])
"""
ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = (
    "pillow",
    "pypdfium2",
    "selectolax",
    "pyyaml",
    "python-calamine",
    "ijson",
    "markdown-it-py",
    "mdurl",
    "chardet",
)
WORDS = "The lighthouse is 41 metres high."


def picture(format: str) -> bytes:
    image, saved = Image.new("RGB", (8, 8), "white"), io.BytesIO()
    image.save(saved, format)
    return saved.getvalue()


FILES: dict[str, bytes] = {
    "a.pdf": pdf(WORDS),
    "a.xlsx": xlsx({"One": [["id", "text"], ["a", WORDS]]}),
    "a.html": f"<p>{WORDS}</p>".encode(),
    "a.md": f"---\ntags: [a]\n---\n# Tower\n\n{WORDS}".encode(),
    "a.json": json.dumps([{"id": "a", "text": WORDS}]).encode(),
    "a.txt": f"東京は日本の首都です。\n{WORDS}".encode("cp932"),
    "a.rtf": f"{{\\rtf1 {WORDS}}}".encode(),
    **{f"a.{end}": picture(format) for end, format in (("png", "PNG"), ("jpg", "JPEG"), ("tif", "TIFF"))},
    **{f"a.{end}": picture(format) for end, format in (("webp", "WEBP"), ("bmp", "BMP"), ("gif", "GIF"))},
}


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parsers of this machine, packed as in the asset, next to the library that reads."""
    folder = tmp_path_factory.mktemp("asset")
    for name in (*DISTRIBUTIONS, "striprtf"):
        for file in files(name) or ():
            source = Path(str(file.locate()))
            if ".." not in file.parts and source.is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder / file)
    for library in ("corpus", "calls"):
        shutil.copytree(ROOT / "lambda" / library, folder / library, ignore=shutil.ignore_patterns("__pycache__"))
    function_bundle.strip(folder, UNREAD)
    function_bundle.pack(folder, PARSERS)
    return folder


def reads(asset: Path, folder: Path) -> dict[str, str]:
    """The text that a Python without our packages reads from each file, with only the asset."""
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    bare = str(getattr(sys, "_base_executable", sys.executable))
    command = [bare, "-S", "-c", READ, str(folder), WORDS, *FILES]
    environment = {"PYTHONPATH": str(asset), "PYTHONNOUSERSITE": "1", "TMPDIR": str(folder), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_each_kind_of_file_is_read_with_what_is_packed(asset: Path, tmp_path: Path) -> None:
    assert not [name for name in PARSERS if (asset / name).exists()]
    assert reads(asset, tmp_path) == dict.fromkeys(FILES, WORDS)
    assert list(tmp_path.glob("parsers-*")) == [], "what was unpacked goes with the process"


def test_without_the_archive_the_files_are_not_read(asset: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(asset, bare, ignore=shutil.ignore_patterns(packed.ARCHIVE))
    said = reads(bare, tmp_path)
    assert set(said) == set(FILES)
    assert WORDS not in said.values(), said


def test_the_bundle_the_library_and_the_local_cloud_name_the_same_archive() -> None:
    assert function_bundle.PACKED == packed.ARCHIVE == native_code.PACKED


def test_equal_packages_have_equal_archives(tmp_path: Path) -> None:
    archives = []
    for number in range(2):
        folder = tmp_path / str(number)
        (folder / "one" / "two").mkdir(parents=True)
        (folder / "one" / "two" / "a.py").write_text("A = 1\n")
        function_bundle.pack(folder, ["one", "none"])
        archives.append((folder / packed.ARCHIVE).read_bytes())
        assert [path.name for path in folder.iterdir()] == [packed.ARCHIVE]
    assert archives[0] == archives[1]
