"""What `osml doctor` looks at, in the order in which one thing rests on the other."""

from osml.checks.access import models as model_access
from osml.checks.check import Check
from osml.checks.deployment import stacks
from osml.checks.dimension import dimension
from osml.checks.identity import credentials, region
from osml.checks.key import secrets
from osml.checks.model import models
from osml.checks.permission import pass_role, role_mapping
from osml.checks.pipeline import pipelines
from osml.checks.question import question
from osml.checks.reach import engine
from osml.checks.trust import trusted_endpoints

CHECKS = (
    Check("credentials", credentials),
    Check("region", region),
    Check("quota and model access", model_access),
    Check("stacks", stacks),
    Check("endpoint", engine),
    Check("role mapping", role_mapping),
    Check("PassRole", pass_role),
    Check("trusted endpoints", trusted_endpoints),
    Check("secret and key", secrets),
    Check("models", models),
    Check("pipelines", pipelines),
    Check("index dimension", dimension),
    Check("a question", question),
)
