"""Which cluster settings the administrator of a managed domain may change."""

from osml.prove.administrator import Prober

QUESTION = "Which settings of ml-commons and neural-search may be changed?"
PREFIXES = ("plugins.ml_commons.", "plugins.neural_search.")
PATH = "/_cluster/settings"
OK = 200


def answer(prober: Prober) -> str:
    """Set each unset setting to its default value, then remove all of these values again."""
    answered = prober.request("GET", f"{PATH}?include_defaults=true&flat_settings=true")
    if not answered.ok:
        return f"GET {PATH}: {answered.status_code}"
    settings = answered.json()
    defaults = {name: value for name, value in settings.get("defaults", {}).items() if name.startswith(PREFIXES)}
    unset = {name: value for name, value in defaults.items() if name not in settings.get("persistent", {})}
    statuses: dict[str, int] = {}
    try:
        for name, value in unset.items():
            statuses[name] = prober.request("PUT", PATH, {"persistent": {name: value}}).status_code
    finally:
        put = [name for name, status in statuses.items() if status == OK]
        prober.request("PUT", PATH, {"persistent": dict.fromkeys(put)})
    refused = {name: status for name, status in statuses.items() if status != OK}
    names = ", ".join(f"{name} ({status})" for name, status in sorted(refused.items())) or "none"
    return f"{len(unset) - len(refused)} of {len(unset)} may be changed; refused: {names}"
