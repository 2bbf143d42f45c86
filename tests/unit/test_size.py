"""The size of a domain: computed by hand, and the limits below which it is too small."""

import pytest
from typer.testing import CliRunner

from osml.deploy.size import GIB, Load, need, room
from osml.main import app


def test_the_example_of_the_documentation_by_hand() -> None:
    # 1.1 × (4 × 256 + 8 × 16) × 1,000,000 = 1,267,200,000 bytes, "about 1.267 GB".
    assert need(Load(1_000_000, 256, replicas=0)).memory == 1_267_200_000


@pytest.mark.parametrize(
    ("quantization", "expected"),
    [("fp16", 704_000_000), ("byte", 422_400_000), ("disk", 176_000_000)],
)
def test_quantization_by_hand(quantization: str, expected: int) -> None:
    # 1.1 × (512 + 128), (256 + 128), (32 + 128), each times a million.
    load = Load(1_000_000, 256, replicas=0, quantization=quantization)  # type: ignore[arg-type]
    assert need(load).memory == expected


def test_each_replica_needs_as_much_again() -> None:
    single, three = (need(Load(10_000, 384, replicas=replicas)) for replicas in (0, 2))
    assert three.memory == 3 * single.memory
    assert abs(three.disk - 3 * single.disk) <= 3


def test_a_node_keeps_a_quarter_of_its_memory_for_graphs_until_the_heap_has_32_gib() -> None:
    assert room(32, "faiss") == 8 * GIB
    assert room(128, "faiss") == 48 * GIB


def test_disk_by_hand() -> None:
    # (1000 of text + 4 × 384 + 4 × 384 + 8 × 16) × 1000 × 2 copies × 1.45
    assert need(Load(1000, 384)).disk == 12_180_000


@pytest.mark.parametrize("documents", [10_000, 1_000_000, 30_000_000])
def test_every_shape_holds_all_graphs_and_no_node_could_go(documents: int) -> None:
    demand = need(Load(documents, 768, replicas=2))
    assert demand.shapes
    memory = {"medium": 8, "large": 16, "xlarge": 32, "2xlarge": 64, "4xlarge": 128, "8xlarge": 256, "12xlarge": 384}
    for shape in demand.shapes:
        gib = memory[shape.instance.split(".")[1]]
        assert shape.nodes >= 3
        assert shape.nodes * room(gib, "faiss") >= demand.memory
        assert shape.nodes == 3 or (shape.nodes - 1) * room(gib, "faiss") < demand.memory
    assert [shape.usd for shape in demand.shapes] == sorted(shape.usd for shape in demand.shapes)
    assert sum(shape.nodes == 3 for shape in demand.shapes) <= 1


def test_a_load_that_no_domain_can_hold_is_reported() -> None:
    assert need(Load(10**9, 1536, replicas=2)).shapes == ()


def test_lucene_has_no_disk_mode() -> None:
    with pytest.raises(ValueError, match="lucene has no disk quantization"):
        need(Load(1, 1, engine="lucene", quantization="disk"))


def test_the_command_prints_numbers_formulas_and_uncertainty() -> None:
    said = CliRunner().invoke(app, ["size", "--documents", "1000000", "--dimension", "256", "--replicas", "0"])
    assert said.exit_code == 0, said.output
    assert "1.18 GiB" in said.output
    assert "8 × 16" in said.output
    assert "calculator.aws" in said.output
    wrong = CliRunner().invoke(app, ["size", "--documents", "0", "--dimension", "1"])
    assert wrong.exit_code != 0
