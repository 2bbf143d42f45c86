"""A SageMaker endpoint that embeds: text-embeddings-inference, or a container that takes a bare array."""

import json
from collections.abc import Sequence

from rag import boto_calls
from rag.budget import Budget
from rag.embedding import Vectors, checked
from rag.other_side import EMBEDDING, unusable
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.runtime_settings import RuntimeTimeouts


class SageMakerEmbeddings:
    """The shape `array` sends `[…]`, the shape `inputs` sends `{"inputs": […]}`; both return a vector for each text.

    By default text-embeddings-inference takes 32 texts per call.
    """

    def __init__(self, chosen: SageMakerEmbedding, timeouts: RuntimeTimeouts) -> None:
        self._chosen = chosen
        self._clients = boto_calls.Clients("sagemaker-runtime", chosen.region, timeouts.embedding, timeouts.connection)

    def of_question(self, question: str, budget: Budget) -> Vectors:
        return self.of_texts([question], budget)

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        client = self._clients.within(budget)
        body = list(texts) if self._chosen.shape == "array" else {"inputs": list(texts)}
        with boto_calls.calling(EMBEDDING):
            answer = client.invoke_endpoint(
                EndpointName=self._chosen.endpoint, ContentType="application/json", Body=json.dumps(body)
            )
            text = answer["Body"].read()
        try:
            vectors = json.loads(text)
        except ValueError:
            raise unusable(EMBEDDING, "the answer is not JSON") from None
        return checked(vectors, len(texts))


MODEL = SageMakerEmbeddings
