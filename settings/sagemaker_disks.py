"""Instances of SageMaker with their own disks, which the hardware encrypts with a key that never leaves it."""

from __future__ import annotations

import re

# Families whose names end in d, dn or de, and those with GPUs or accelerators that always have such disks.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/InstanceStorage.html
_FAMILY = re.compile(r"ml\.([a-z]+\d[a-z]*d[en]?|g[5-9]\w*|gr\d\w*|p[5-9]\w*|trn\d\w*)\.")


def keeps_its_own_key(instance_type: str) -> bool:
    """Whether SageMaker refuses a `KmsKeyId` for an endpoint on `instance_type`."""
    return _FAMILY.match(instance_type) is not None
