"""The model endpoints of the local cloud: SageMaker, Bedrock, DeepSeek's chat, OpenAI's embeddings, and Textract."""

import os

# numpy reads this at its first import. OpenBLAS's threads use a core while they wait for each other. On two cores that
# are shared with the engine, two threads are three times as slow as one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
