"""The model endpoints of the local cloud: SageMaker, Bedrock, DeepSeek's chat and OpenAI's embeddings."""

import os

# Read when numpy is first imported. OpenBLAS's threads spin while they wait for each other: on two cores that are
# shared with the engine, two of them are three times as slow as one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
