"""Every cause that the doctor knows by name, with what helps; each has a section in docs/troubleshooting.md.

`{options}` stands for the options that point a command to the same environment, `{file}` for its settings, `{deploy}`
for the command that deploys it.
"""

from osml.checks.verdict import Complaint
from osml.place import Place

# In characters: the engine repeats request bodies with all their passages.
LONGEST = 600

FIXES = {
    "no-credentials": "Sign in (`aws sso login`, `aws configure`, or set AWS_PROFILE), then run this again.",
    "no-network": "Connect this machine to the network (HTTPS_PROXY, if there is a proxy), then run this again.",
    "wrong-account": "Choose a profile of that account (AWS_PROFILE), or correct `account` in {file}.",
    "no-region": "Set `region` in {file}, or AWS_DEFAULT_REGION.",
    "model-access-denied": "Ask for access to it in Bedrock's console of that region, or name another in {file}.",
    "quota-exceeded": "Raise it in Service Quotas, or set a smaller instance in {file}; then {deploy}.",
    "endpoint-not-in-service": "Make the endpoint work again, or correct its name in {file}; then {deploy}.",
    "not-deployed": "Run {deploy}.",
    "deploy-failed": "Remove the reason, then run {deploy}.",
    "engine-unreachable": "Is the domain active, and may this machine reach it (VPC, security group, DNS)?",
    "operator-role-denied": "Allow your identity sts:AssumeRole on the operator role.",
    "request-not-allowed": "Allow that action in the role's IAM policy and in the domain's access policy.",
    "role-mapping-missing": "As the domain's master user, put the ARN back among the role's backend roles.",
    "pass-role-missing": "Grant the provisioner's role iam:PassRole on the connector's role, then {deploy}.",
    "role-not-assumable": "Let the connector's role trust es.amazonaws.com, then {deploy}.",
    "endpoint-not-trusted": "Add a pattern that matches the URL to the cluster's trusted endpoints.",
    "private-address": "Connect to a public address: a managed domain calls no others.",
    "secret-missing": "Store the key with `osml secret set {options}`, then {deploy}.",
    "secret-key-missing": "Store the key with `osml secret set {options}`, then {deploy}.",
    "key-refused": "Store a key that the provider accepts: `osml secret set {options}`.",
    "key-not-taken-over": "The keeper takes it over within minutes; without one change `timeouts` in {file} by a "
    "second, then {deploy}.",
    "model-call-denied": "Allow the connector's role to invoke the model, then run this again.",
    "model-missing": "Change `timeouts` in {file} by a second, then {deploy}: the model is made anew.",
    "model-not-deployed": "POST /_plugins/_ml/models/<id>/_deploy; a keeper does it within minutes.",
    "throttled": "Raise the provider's quota or run more instances; until then set a smaller `index.batch_size` in "
    "{file}. `osml ingest` repeats what was throttled, and names each document that did not arrive.",
    "endpoint-too-slow": "Raise `timeouts` in {file} or make the endpoint faster; then {deploy}.",
    "connections-exhausted": "Raise max_connection of the connector (client_config), or send less at once.",
    "model-failed": "The provider's own log and status page say more.",
    "pipeline-missing": "Change `index.batch_size` or `prompt` in {file}, then {deploy}: it is made anew.",
    "index-missing": "Set another `index.name` in {file}, then {deploy}, and load the documents again.",
    "dimension-mismatch": "Set another `index.name` in {file}, then {deploy}, and load the documents again.",
    "request-body-broken": "Let the engine escape what goes into the body: no `no_escape_params` in `answer.connector` "
    "of {file}; then {deploy}.",
    "answer-not-understood": "Correct `answer.llm_model` or `answer.llm_response_field` in {file} to what the model "
    "answers; then {deploy}.",
    "question-failed": "The sentence above is the engine's own; the domain's error log says more.",
    "unexplained": "Follow the sentence above, then run this again.",
}


def complaint(place: Place, name: str, cause: str, fix: str | None = None) -> Complaint:
    """The complaint `name`, with its usual fix unless `fix` is more exact; a long `cause` is cut."""
    file, deploy = f"environments/{place.env}.yaml", f"`osml deploy {place.options}`"
    shown = " ".join(cause.split()).rstrip(".")
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
    return Complaint(name, shown, fix or FIXES[name].format(options=place.options, file=file, deploy=deploy))
