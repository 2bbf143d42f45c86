"""The checks of `osml doctor`, ordered so that each one depends only on those before it."""

from osml.doctor.checks.access import models as model_access
from osml.doctor.checks.check import Check
from osml.doctor.checks.deployment import stacks
from osml.doctor.checks.dimension import dimension
from osml.doctor.checks.ending import end_of_life
from osml.doctor.checks.identity import credentials, region
from osml.doctor.checks.key import secrets
from osml.doctor.checks.listed_models import model_names
from osml.doctor.checks.model import models
from osml.doctor.checks.objects import objects
from osml.doctor.checks.permission import pass_role, role_mapping
from osml.doctor.checks.pipeline import pipelines
from osml.doctor.checks.question import question
from osml.doctor.checks.reach import engine
from osml.doctor.checks.trust import trusted_endpoints

CHECKS = (
    Check("credentials", credentials),
    Check("region", region),
    Check("quota and model access", model_access),
    Check("model names", model_names),
    Check("end of life", end_of_life),
    Check("stacks", stacks),
    Check("endpoint", engine),
    Check("role mapping", role_mapping),
    Check("PassRole", pass_role),
    Check("trusted endpoints", trusted_endpoints),
    Check("secret and key", secrets),
    Check("models", models, rests_on_objects=True),
    Check("pipelines", pipelines, rests_on_objects=True),
    Check("index dimension", dimension, rests_on_objects=True),
    Check("objects", objects),
    Check("a question", question),
)
