"""A connector that names its secret by an ARN without the six random characters at the end.

A stack does not know these characters.
"""

from osml.prove.administrator import KEY, Prober
from osml.remote.domain import reason

QUESTION = "Does it accept a connector's `secretArn` without its suffix?"
CONNECTORS = "/_plugins/_ml/connectors"
SUFFIX = len("-A1b2C3")


def answer(prober: Prober) -> str:
    """The answers to a connector with the whole ARN, and to one with the ARN that a stack writes."""
    whole = prober.secret_arn
    return "; ".join(
        f"{what}: {_made(prober, arn)}" for what, arn in {"whole": whole, "without suffix": whole[:-SUFFIX]}.items()
    )


def _made(prober: Prober, arn: str) -> str:
    body = {
        "name": prober.trial.prefix,
        "description": "Made by a proof, and removed at once",
        "version": "1",
        "protocol": "http",
        "parameters": {"model": "deepseek-flash"},
        "credential": {"secretArn": arn, "roleArn": prober.connector_role},
        "actions": [
            {
                "action_type": "predict",
                "method": "POST",
                "url": "https://api.deepseek.com/chat/completions",
                "headers": {"Authorization": f"Bearer ${{credential.secretArn.{KEY}}}"},
                "request_body": '{"model": "${parameters.model}", "messages": ${parameters.messages}}',
            }
        ],
    }
    made = prober.request("POST", f"{CONNECTORS}/_create", body)
    if not made.ok:
        return f"refused, {reason(made)}"
    gone = prober.request("DELETE", f"{CONNECTORS}/{made.json()['connector_id']}")
    return f"taken with {made.status_code}, removed with {gone.status_code}"
