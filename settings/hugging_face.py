"""Models on the Hugging Face hub: the form of their names, and the commits of known models."""

from __future__ import annotations

HUB_MODEL = r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$"
# A revision must be a commit, because a branch or a tag may move.
REVISION = r"^[0-9a-f]{40}$"
REVISION_EXAMPLE = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
# The commit of each model's branch main in November 2026.
REVISIONS = {
    "sentence-transformers/all-MiniLM-L6-v2": REVISION_EXAMPLE,
    "sentence-transformers/all-mpnet-base-v2": "e8c3b32edf5434bc2275fc9bab85f82640a19130",
    "BAAI/bge-small-en-v1.5": "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a",
    "BAAI/bge-base-en-v1.5": "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a",
    "BAAI/bge-large-en-v1.5": "d4aa6901d3a41ba39fb536a557fa166f842b0e09",
    "intfloat/multilingual-e5-large": "3d7cfbdacd47fdda877c5cd8a79fbcc4f2a574f3",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B": "ad9f0ae0864d7fbcd1cd905e3c6c5b069cc8b562",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B": "916b56a44061fd5cd7d6a8fb632557ed4f724f60",
    "deepseek-ai/DeepSeek-R1-Distill-Llama-8B": "6a6f4aa4197940add57724a7707d069478df56b1",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B": "1df8507178afcc1bef68cd8c393f61a886323761",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B": "711ad2ea6aa40cfca18895e8aca02ab92df1a746",
    "deepseek-ai/DeepSeek-R1-Distill-Llama-70B": "b1c0b44b4369b597ad119a196caf79a9c40e141e",
}
