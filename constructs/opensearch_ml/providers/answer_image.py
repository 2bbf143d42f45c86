"""Images of the containers that generate text, and their variables."""

from __future__ import annotations

from aws_cdk import Aws, Stack, Token
from aws_cdk.region_info import Fact, FactName

IMAGES = {
    "tgi": "huggingface-pytorch-tgi-inference:2.4.0-tgi3.0.1-gpu-py311-cu124-ubuntu22.04",
    "lmi": "djl-inference:0.31.0-lmi13.0.0-cu124",
}


def image_of(stack: Stack, container: str) -> str:
    """URI of the image for `container`, tgi or lmi, in the stack's region.

    Raises ValueError for a region without a known account of the Deep Learning Containers.
    """
    region = stack.region
    if Token.is_unresolved(region):
        account = stack.regional_fact(FactName.DLC_REPOSITORY_ACCOUNT)
    else:
        owner = Fact.find(region, FactName.DLC_REPOSITORY_ACCOUNT)
        if owner is None:
            raise ValueError(
                f"image is missing, and no account of the Deep Learning Containers is known in {region}; set image to "
                "one that SageMaker may pull there."
            )
        account = owner
    return f"{account}.dkr.ecr.{region}.{Aws.URL_SUFFIX}/{IMAGES[container]}"


def environment_of(container: str, model: str, gpus: int, revision: str | None = None) -> dict[str, str]:
    """The container's variables; `model` is a folder, or a name on the Hugging Face hub at `revision`, if any."""
    if container == "tgi":
        return {"HF_MODEL_ID": model, **({"REVISION": revision} if revision else {}), "SM_NUM_GPUS": str(gpus)}
    return {
        "HF_MODEL_ID": model,
        **({"OPTION_REVISION": revision} if revision else {}),
        "OPTION_TENSOR_PARALLEL_DEGREE": str(gpus),
        "OPTION_ROLLING_BATCH": "vllm",
    }
