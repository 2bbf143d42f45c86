"""Valid settings of an environment's drop, sources and batches."""

from pathlib import Path

import pytest

from settings import SettingError, load

CHECKOUT = Path(__file__).parents[2]


def written(tmp_path: Path, base: str, more: str, old: str = "", new: str = "") -> Path:
    text = (CHECKOUT / "environments" / f"{base}.yaml").read_text().replace(old, new)
    (tmp_path / f"{base}.yaml").write_text(f"{text}{more}\n")
    return tmp_path


def test_a_drop_needs_no_settings_of_its_own(tmp_path: Path) -> None:
    drop = load("dev", written(tmp_path, "dev", "drop: {}")).drop
    assert drop
    assert (drop.concurrency, drop.objects, drop.seconds, drop.attempts) == (5, 10, 300, 5)
    assert load("dev", CHECKOUT / "environments").drop is None


@pytest.mark.parametrize(
    ("base", "more", "old", "new", "sentence"),
    [
        ("dev", "drop: {concurrency: 1}", "", "", "drop.concurrency is 1, but must be 2 or more"),
        ("dev", "drop: {objects: 11}", "", "", "drop.objects is 11, but must be 10 or less"),
        ("dev", "drop: {seconds: 901}", "", "", "drop.seconds is 901, but must be 900 or less"),
        ("dev", "drop: {attempts: 1}", "", "", "drop.attempts is 1, but must be 2 or more"),
        ("sandbox-aoss", "drop: {}", "", "", "leave out drop and use a source of the kind s3"),
        ("sandbox-aoss", "ingestion: {}", "", "", "set search.kind to domain or existing"),
        ("dev", "ingestion: {}", "endpoint: create", "endpoint: ours", "embedding.endpoint to create"),
        (
            "dev",
            "ingestion: {}",
            "endpoint: create",
            "endpoint: create\n  scaling: {minimum: 0}",
            "embedding.scaling.minimum is 0, but the pipelines of ingestion do not wait for a model that starts",
        ),
        ("dev", "ingestion: {instance_type: g5}", "", "", "ingestion.instance_type is 'g5', but must look like ml.g5"),
        (
            "dev",
            "sources: {a: {kind: ftp}}",
            "",
            "",
            "sources.a.kind is 'ftp', but can be 'confluence', 'git', 's3', 'sharepoint' or 'website'",
        ),
        ("dev", "sources: {A: {kind: s3, bucket: our-bucket}}", "", "", "sources.A is not a valid name for an entry"),
        (
            "dev",
            "sources: {a: {kind: s3, bucket: our-bucket, most_removed: 101}}",
            "",
            "",
            "sources.a.most_removed is 101, but must be 100",
        ),
        (
            "dev",
            "sources: {a: {kind: website, start: [docs.example.com]}}",
            "",
            "",
            "a.start.0 is 'docs.example.com', but must look like https://docs",
        ),
        (
            "dev",
            "sources: {a: {kind: git, url: 'http://github.com/a/b'}}",
            "",
            "",
            "sources.a.url is 'http://github.com/a/b', but must look",
        ),
        ("dev", "sources: {a: {kind: s3, bucket: our-bucket, depth: 1}}", "", "", "sources.a.depth is not a setting"),
        ("dev", "sources: {a: {kind: s3}}", "", "", "sources.a.bucket is missing; add it, for example my-bucket"),
        ("dev", "sources: {a: {bucket: our-bucket}}", "", "", "sources.a.kind is missing; add it, one of"),
        (
            "dev",
            "sources: {a: {kind: s3, bucket: our-bucket, schedule: 'cron(0 25 * * ? *)'}}",
            "",
            "",
            "the hours of 'cron(0 25 * * ? *)' is '25', but can be 0 to 23",
        ),
        ("dev", "ingestion: {instances: 101}", "", "", "ingestion.instances is 101, but must be 100 or less"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    tmp_path: Path, base: str, more: str, old: str, new: str, sentence: str
) -> None:
    with pytest.raises(SettingError) as fault:
        load(base, written(tmp_path, base, more, old, new))
    assert sentence in str(fault.value)
    assert str(fault.value).count("\n") == 0
