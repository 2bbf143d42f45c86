"""Owner marks among the backend roles of a mapping, and PATCH on the mapping of the administrators."""

from osml.prove.administrator import Prober

QUESTION = "Does it keep owner marks as backend roles, and accept PATCH on `all_access`?"
MAPPINGS = "/_plugins/_security/api/rolesmapping"


def answer(prober: Prober) -> str:
    """The marks that the deploy has written, and the answers to adding and removing an entry."""
    mappings = prober.request("GET", MAPPINGS)
    if not mappings.ok:
        return f"GET rolesmapping: {mappings.status_code}"
    kept = {
        role: sum(entry.startswith("osml:") for entry in mapping.get("backend_roles", []))
        for role, mapping in mappings.json().items()
    }
    marks = ", ".join(f"{role} has {count}" for role, count in sorted(kept.items()) if count) or "none is kept"
    entry = f"{prober.trial.prefix}-nobody"
    added = prober.request(
        "PATCH", f"{MAPPINGS}/all_access", [{"op": "add", "path": "/backend_roles/-", "value": entry}]
    )
    roles = prober.request("GET", f"{MAPPINGS}/all_access").json().get("all_access", {}).get("backend_roles", [])
    sentence = f"marks: {marks}; PATCH on all_access: {added.status_code}"
    if entry in roles:
        gone = prober.request(
            "PATCH", f"{MAPPINGS}/all_access", [{"op": "remove", "path": f"/backend_roles/{roles.index(entry)}"}]
        )
        sentence += f", undone: {gone.status_code}"
    return sentence
