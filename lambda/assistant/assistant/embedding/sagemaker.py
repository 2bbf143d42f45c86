"""A SageMaker endpoint that embeds: text-embeddings-inference, or a container that takes a bare array."""

import json
from collections.abc import Sequence

from assistant import aws
from assistant.budget import Budget
from assistant.embedding import Vectors, checked
from assistant.other_side import EMBEDDING, unusable
from assistant.settings import SageMakerEmbedding, Timeouts


class SageMaker:
    """Shape `array` sends `[…]`, shape `inputs` sends `{"inputs": […]}`; both get a vector for each text.

    text-embeddings-inference takes 32 texts a call unless told otherwise.
    """

    def __init__(self, chosen: SageMakerEmbedding, timeouts: Timeouts) -> None:
        self._chosen = chosen
        self._client = aws.client("sagemaker-runtime", chosen.region, timeouts.embedding, timeouts.connection)

    def of_question(self, question: str, budget: Budget) -> Vectors:
        return self.of_texts([question], budget)

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        budget.call(1)
        body = list(texts) if self._chosen.shape == "array" else {"inputs": list(texts)}
        with aws.calling(EMBEDDING):
            answer = self._client.invoke_endpoint(
                EndpointName=self._chosen.endpoint, ContentType="application/json", Body=json.dumps(body)
            )
            text = answer["Body"].read()
        try:
            vectors = json.loads(text)
        except ValueError:
            raise unusable(EMBEDDING, "what came back is not JSON") from None
        return checked(vectors, len(texts))
