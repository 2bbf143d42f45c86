"""The parts of a local cloud: which run, which have crashed, and how to continue without a loss of deployed stacks."""

from sandbox.instance import Instance

ORDER = ("engine", "models", "cloud")
NAMES = {"engine": "OpenSearch", "models": "The model endpoints", "cloud": "AWS"}
# The prefix of the process name of a further domain's engine.
FURTHER = "engine-of-"
NOT_RUNNING = "The local cloud is not running. Start it with `osml sandbox up`."


def parts(instance: Instance) -> dict[str, bool]:
    """Whether each started part runs, by name; empty before a start. The user's own engine is not a part.

    The parts of ORDER come first, then the engines of further domains.
    """
    processes = instance.processes()
    names = [*ORDER, *(name for name in processes if name not in ORDER)]
    return {name: processes[name].alive() for name in names if name in processes}


def running(instance: Instance) -> bool:
    """Whether every started part runs."""
    states = parts(instance)
    return {"cloud", "models"} <= states.keys() and all(states.values())


def holds_deployment(instance: Instance) -> bool:
    """Whether AWS runs: it has all deployed stacks in memory."""
    return parts(instance).get("cloud", False)


def loss(instance: Instance) -> str | None:
    """A message about what an empty start removes; None if it removes nothing."""
    if not parts(instance):
        return None
    if holds_deployment(instance):
        return "The deployed stacks and the documents in OpenSearch are removed."
    return "AWS has stopped, and the deployed stacks are lost with it. The documents in OpenSearch are removed, too."


def absence(instance: Instance) -> str | None:
    """A message about why the local cloud cannot be used, with the fix; None if all parts run."""
    if running(instance):
        return None
    dead = [name for name, alive in parts(instance).items() if not alive]
    if not dead:
        return NOT_RUNNING
    died = " and ".join(_shown(name) for name in dead)
    verb = "has stopped" if len(dead) == 1 and dead[0] != "models" else "have stopped"
    logs = ", ".join(str(instance.log(name)) for name in dead)
    if not holds_deployment(instance):
        return f"{died} {verb}, and the deployed stacks are lost with AWS ({logs}). Start again with `osml sandbox up`."
    return (
        f"{died} {verb} ({logs}). AWS runs, and the deployed stacks are still there. "
        "Run `osml sandbox restart`, which starts the stopped parts again, OpenSearch with its data."
    )


def _shown(part: str) -> str:
    return NAMES.get(part) or f"OpenSearch of the domain {part.removeprefix(FURTHER)}"
