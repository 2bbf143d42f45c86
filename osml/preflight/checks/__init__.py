"""The checks, one file each, found automatically. They run in the order of their files' names."""

import pkgutil
from importlib import import_module
from typing import cast

from osml.preflight.check import PreflightCheck

CHECKS: list[PreflightCheck] = [
    cast(PreflightCheck, import_module(f"{__name__}.{name}"))
    for name in sorted(file.name for file in pkgutil.iter_modules(__path__))
]
