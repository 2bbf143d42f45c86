"""The construct library as another team gets it: a wheel, in an app without any of this repository's files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The source folders of the wheel's packages outside the library's own folder, by their names in the wheel.
SOURCES = {
    name.removeprefix("opensearch_ml."): folder.removeprefix("../")
    for name, folder in tomllib.loads((ROOT / "constructs" / "pyproject.toml").read_text())["tool"]["setuptools"][
        "package-dir"
    ].items()
}
UV = str(Path(sys.executable).with_name("uv"))
APP = """
import sys
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_opensearchservice as opensearch

import opensearch_ml as ml

assert Path(ml.__file__).is_relative_to(sys.argv[1]), ml.__file__
app = cdk.App(outdir=sys.argv[2], context={"aws:cdk:bundling-stacks": []})
stack = cdk.Stack(app, "search")
domain = opensearch.Domain.from_domain_endpoint(stack, "Domain", "https://search-ours-abc.us-east-1.es.amazonaws.com")
engine = ml.SearchEngine.from_domain(domain)
provisioner = ml.Provisioner(stack, "Provisioner")
provisioner.allow_requests(engine.domain_arn)
endpoint = ml.EmbeddingEndpoint(stack, "Embedding", name="our-embedding")
embedding = ml.sagemaker_embedding(endpoint)
role = ml.ConnectorRole(stack, "Role", domain_arn=engine.domain_arn, provider=embedding)
passing = ml.PassRole(stack, "PassRole", provisioner=provisioner, roles=[role])
target = ml.Target(endpoint=engine.endpoint, region=stack.region, provisioner=provisioner, after=(passing, role.policy))
group = ml.MlModelGroup(stack, "Group", target=target, name="ours")
connector = ml.MlConnector(stack, "Connector", target=target, name="ours", provider=embedding, role=role)
model = ml.MlModel(
    stack, "Model", target=target, name="ours", group=group, connector=connector, probe=embedding.probe
)
ml.Keeper(stack, "Keeper", environment="ours", provisioner=provisioner)
app.synth()
ours = [name for name in sys.modules if name.partition(".")[0] in ("osml", "stacks", "sandbox", "mlcommons")]
assert ours == [], ours
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, because setuptools leaves its own folders beside the source."""
    work = tmp_path_factory.mktemp("wheel")
    leave = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    shutil.copytree(ROOT / "constructs", work / "constructs", ignore=leave)
    for source in SOURCES.values():
        shutil.copytree(ROOT / source, work / source, ignore=leave)
    build = [UV, "build", "--quiet", "--wheel", "--out-dir", str(work / "dist"), str(work / "constructs")]
    subprocess.run(build, check=True, capture_output=True, text=True)
    (built,) = (work / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def foreign(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The templates that the other team's app synthesizes with the installed wheel."""
    work = tmp_path_factory.mktemp("foreign")
    site, out, app = work / "site", work / "out", work / "app.py"
    install = [UV, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", str(site)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True, text=True)
    app.write_text(APP)
    done = subprocess.run(
        [sys.executable, str(app), str(site), str(out)],
        cwd=work,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out


def test_the_wheel_carries_the_library_and_the_whole_source_of_every_function(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        (licence,) = [name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
    sources = ROOT / "constructs"
    library = {file.relative_to(sources).as_posix() for file in (sources / "opensearch_ml").rglob("*.py")}
    functions = {
        f"opensearch_ml/{name}/{file.relative_to(ROOT / source).as_posix()}"
        for name, source in SOURCES.items()
        for file in (ROOT / source).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.name != "requirements.in"
    }
    assert held == library | functions | {"opensearch_ml/py.typed"}


def test_a_foreign_app_synthesizes_with_it(foreign: Path) -> None:
    template: dict[str, Any] = json.loads((foreign / "search.template.json").read_text())
    types = [resource["Type"] for resource in template["Resources"].values()]
    assert {"Custom::MlConnector", "Custom::MlModel", "Custom::MlModelGroup"} <= set(types)
    # The team's own domain is used and not changed.
    assert not [kind for kind in types if kind.startswith("AWS::OpenSearchService")]


@pytest.mark.parametrize(
    ("function", "own", "shared"),
    [
        (
            "provisioner",
            ("handler.py", "requirements.txt"),
            ("mlcommons/kernel.py", "mlcommons/kinds/model.py", "aws/sign_in.py"),
        ),
        ("keeper", ("keeper.py", "rounds.py", "requirements.txt"), ("aws/secret_values.py",)),
    ],
)
def test_the_functions_of_a_foreign_app_are_this_repositorys(
    foreign: Path, function: str, own: tuple[str, ...], shared: tuple[str, ...]
) -> None:
    assets = json.loads((foreign / "search.assets.json").read_text())["files"].values()
    paths = [foreign / asset["source"]["path"] for asset in assets if asset["source"]["packaging"] == "zip"]
    (asset,) = (path for path in paths if (path / own[0]).is_file())
    assert asset.is_relative_to(foreign.parent)
    for name in own:
        assert (asset / name).read_bytes() == (ROOT / "lambda" / function / name).read_bytes(), name
    for name in shared:
        library, _, module = name.partition("/")
        carried = asset.parent / f"{library}_library" / module
        assert carried.read_bytes() == (ROOT / "lambda" / name).read_bytes(), name
