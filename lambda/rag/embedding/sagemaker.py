"""A SageMaker endpoint that embeds: text-embeddings-inference, or a container that takes a bare array."""

from collections.abc import Sequence

from rag.aws_json import AwsService
from rag.budget import Budget
from rag.embedding import Vectors, checked
from rag.service_failure import EMBEDDING
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.runtime_settings import RuntimeTimeouts


class SageMakerEmbeddings:
    """The shape `array` sends `[…]`, the shape `inputs` sends `{"inputs": […]}`; both return a vector for each text.

    By default text-embeddings-inference takes 32 texts per call.
    """

    def __init__(self, chosen: SageMakerEmbedding, timeouts: RuntimeTimeouts) -> None:
        self._chosen = chosen
        self._seconds = timeouts.embedding
        self._service = AwsService(
            EMBEDDING,
            "runtime.sagemaker",
            chosen.region,
            name="sagemaker",
            variable="SAGEMAKER_RUNTIME",
            connect_seconds=timeouts.connection,
            start_seconds=chosen.start_seconds,
        )

    def of_question(self, question: str, budget: Budget) -> Vectors:
        return self.of_texts([question], budget)

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        body = list(texts) if self._chosen.shape == "array" else {"inputs": list(texts)}
        path, headers = f"/endpoints/{self._chosen.endpoint}/invocations", {"Content-Type": "application/json"}
        if self._chosen.component:
            headers["X-Amzn-SageMaker-Inference-Component"] = self._chosen.component
        vectors = self._service.post(path, body, budget, self._seconds, headers)
        return checked(vectors, len(texts))


MODEL = SageMakerEmbeddings
