"""APIs that a managed domain may not serve."""

from osml.prove.administrator import Prober

QUESTION = "Does it have `_component_template`, `_ml/profile` and the audit log's configuration?"


def answer(prober: Prober) -> str:
    """The status of each call."""
    template = f"/_component_template/{prober.trial.prefix}"
    calls = [
        ("PUT", template, {"template": {"settings": {"index.number_of_shards": 1}}}),
        ("GET", template, None),
        ("DELETE", template, None),
        ("GET", "/_plugins/_ml/profile", None),
        ("GET", "/_plugins/_ml/stats", None),
        ("GET", "/_plugins/_security/api/audit", None),
    ]
    shown = {template: "_component_template"}
    return ", ".join(
        f"{method} {shown.get(path, path)}: {prober.request(method, path, body).status_code}"
        for method, path, body in calls
    )
