"""Permissions: custom roles, role mappings, users and action groups."""

from typing import Any

from calls.count_of import count_of
from osml.doctor.checks.context import Context
from osml.rehearsal.administrator import administrator
from osml.rehearsal.difference import differences
from osml.rehearsal.subject import Comparison, RehearsalQuestions, compared

KINDS = {"roles": "role", "rolesmapping": "role mapping", "internalusers": "user", "actiongroups": "action group"}


def look(context: Context, _: RehearsalQuestions) -> dict[str, dict[str, Any]]:
    """The definitions by kind of the security API and by name, without those of the plugin itself."""
    objects, domain = {}, administrator(context)
    for kind in KINDS:
        every = domain.json("GET", f"/_plugins/_security/api/{kind}")
        objects[kind] = {
            name: {
                **value,
                **{part: sorted(value[part]) for part in ("users", "backend_roles", "hosts") if part in value},
            }
            for name, value in every.items()
            if not (value.get("reserved") or value.get("static") or value.get("hidden"))
        }
    return objects


def compare(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Comparison:
    """A definition may gain fields that the later line adds, but must lose none."""
    faults = [fault for kind, what in KINDS.items() for fault in differences(before[kind], after[kind], what)]
    counts = ", ".join(count_of(len(after[kind]), what) for kind, what in KINDS.items())
    return compared(counts, faults)
