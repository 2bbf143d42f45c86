"""The region of a new environment is bootstrapped. A preflight also compares the version with the templates."""

from collections.abc import Iterator

from osml.doctor.checks.complaints import complaint
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext

TITLE, BEFORE_DEPLOY = "bootstrap of the CDK", False
# The parameter of the CDK's default qualifier.
PARAMETER = "/cdk-bootstrap/hnb659fds/version"


def look(context: PreflightContext) -> Iterator[Seen]:
    """The version in the bootstrap stack's parameter."""
    client = context.session.client("ssm")
    where = f"aws://{context.caller.account}/{context.region}"
    try:
        version = client.get_parameter(Name=PARAMETER)["Parameter"]["Value"]
    except client.exceptions.ParameterNotFound:
        cause = f"{where} is not bootstrapped: there is no parameter {PARAMETER}"
        yield complaint(context.place, "not-bootstrapped", cause, f"Run `npx cdk bootstrap {where}`.")
        return
    yield f"{where} has the version {version}"
