"""Assembles the model server with its providers, which share one set of weights."""

from functools import cache
from pathlib import Path

from sandbox.models.answer import StandIn
from sandbox.models.bedrock import BedrockApi
from sandbox.models.deepseek import DeepSeek
from sandbox.models.embedding import MiniLM
from sandbox.models.forward import Forward
from sandbox.models.key import KeyFile
from sandbox.models.openai import OpenAI
from sandbox.models.sagemaker import SageMakerApi
from sandbox.models.server import ModelServer
from sandbox.models.textract import TextractApi
from sandbox.models.weights import GRAPH
from sandbox.models.word_vectors import WordVectors


def model_server(
    port: int,
    weights: Path,
    deepseek_key_file: Path,
    answer_url: str | None = None,
    answer_key_file: Path | None = None,
    answer_model: str | None = None,
) -> ModelServer:
    """Return a listening server, whose `serve_forever` is to be called. Port 0 means any free port.

    With `answer_url`, `answer_key_file` and `answer_model`, the DeepSeek endpoint forwards to that address. Raises
    `OSError` if the port is in use, and `ValueError` if the address is not http(s).
    """
    model = MiniLM(weights)
    stand_in = StandIn(model)
    # Loaded at the first use: these are 45 MB, which most local clouds never need.
    words = cache(lambda: WordVectors(weights / GRAPH))
    forward = None
    if answer_url is not None and answer_key_file is not None and answer_model is not None:
        forward = Forward(answer_url, KeyFile(answer_key_file), answer_model)
    return ModelServer(
        port,
        {
            "sagemaker": SageMakerApi(model, words, stand_in),
            "bedrock": BedrockApi(model, stand_in),
            "openai": OpenAI(model, KeyFile(deepseek_key_file)),
            "deepseek": DeepSeek(model, stand_in, KeyFile(deepseek_key_file), forward),
            "textract": TextractApi(),
        },
    )
