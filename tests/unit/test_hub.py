"""Models of the Hugging Face hub load the same weights at every start."""

from __future__ import annotations

import re

import pytest

from settings.answer.sagemaker import SIZES, SageMakerAnswer
from settings.embedding import OPEN_MODELS
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.hugging_face import REVISION, REVISIONS

OTHER = "f" * 40


def test_every_known_model_has_one_commit_of_its_own() -> None:
    assert sorted(REVISIONS) == sorted([*OPEN_MODELS, *(size.model for size in SIZES.values())])
    assert all(re.fullmatch(REVISION, revision) for revision in REVISIONS.values())
    assert len(set(REVISIONS.values())) == len(REVISIONS)


@pytest.mark.parametrize(("model", "dimension"), OPEN_MODELS.items())
def test_an_embedding_model_is_pinned(model: str, dimension: int) -> None:
    made = SageMakerEmbedding(model=model, dimension=dimension)
    assert made.commit == REVISIONS[model]
    assert SageMakerEmbedding(model=model, dimension=dimension, revision=OTHER).commit == OTHER
    assert SageMakerEmbedding(model=model, dimension=dimension, endpoint="there").commit is None


@pytest.mark.parametrize("size", SIZES)
def test_an_answer_model_is_pinned(size: str) -> None:
    def commit(**settings: object) -> str | None:
        return SageMakerAnswer.model_validate({"provider": "sagemaker", "size": size, **settings}).commit

    assert commit() == REVISIONS[SIZES[size].model]
    assert commit(revision=OTHER) == OTHER
    assert commit(model="somebody/else") is None
    assert commit(model_data="s3://weights/r1/") is None
