"""Which cluster settings a managed domain lets its administrator put."""

from osml.prove.administrator import Prober

QUESTION = "Which settings of ml-commons and neural-search may be put?"
PREFIXES = ("plugins.ml_commons.", "plugins.neural_search.")
PATH = "/_cluster/settings"


def answer(prober: Prober) -> str:
    """Each setting that nobody has set is put as it is, and taken back."""
    found = prober.ask("GET", f"{PATH}?include_defaults=true&flat_settings=true")
    if not found.ok:
        return f"GET {PATH}: {found.status_code}"
    told = found.json()
    defaults = {name: value for name, value in told.get("defaults", {}).items() if name.startswith(PREFIXES)}
    unset = {name: value for name, value in defaults.items() if name not in told.get("persistent", {})}
    refused = {name: status for name, value in unset.items() if (status := _put(prober, name, value)) != 200}
    names = ", ".join(f"{name} ({status})" for name, status in sorted(refused.items())) or "none"
    return f"{len(unset) - len(refused)} of {len(unset)} may be put; refused: {names}"


def _put(prober: Prober, name: str, value: object) -> int:
    status = prober.ask("PUT", PATH, {"persistent": {name: value}}).status_code
    if status == 200:
        prober.ask("PUT", PATH, {"persistent": {name: None}})
    return status
