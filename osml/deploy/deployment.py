"""One deploy of an environment, from its settings to protected stacks."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from osml.deploy import adoption, cdk, log_policy, log_role, orphan, protection, review
from osml.deploy.cost import Cost, cost
from osml.deploy.loss import Loss
from osml.place import Place
from settings.new_domain import NewDomain

# The name that `stacks/environment_stack.py` reads.
PROTECTED = "protected"
# Options with which `cdk deploy` changes nothing.
ONLY_PREPARES = {"--no-execute", "--method=prepare-change-set", "prepare-change-set", "--help"}


class Deployment:
    """A deploy that synthesizes once, when the assembly is first needed.

    `arguments` are further options of `cdk deploy`.
    """

    def __init__(self, place: Place, arguments: Sequence[str]) -> None:
        self._place, self.arguments = place, list(arguments)

    @cached_property
    def assembly(self) -> Path:
        """The synthesized assembly. Raises Failure."""
        context = {PROTECTED: ",".join(protection.protected(self._place))}
        return cdk.synthesize(self._place, self.arguments, context)

    def losses(self) -> list[Loss]:
        """The data and stacks that the deploy would remove or replace. Raises Failure."""
        return review.losses(self._place, self.assembly)

    def cost(self) -> Cost:
        """What the environment costs while idle, now and after the deploy. Raises Failure."""
        return cost(self._place)

    def differences(self, broader: bool = False) -> int:
        """Print how the templates differ from the deployed ones; return how many stacks differ. Raises Failure.

        With `broader` only permissions and network rules that allow more count.
        """
        return cdk.differences(self._place, self.arguments, self.assembly, broader)

    def deploy(self, *stacks: str) -> None:
        """Deploy `stacks`, or all of them, after removing orphaned stacks and importing kept resources.

        Raises Failure.
        """
        if not ONLY_PREPARES & set(self.arguments):
            orphan.remove(self._place)
            adoption.adopt(self._place, adoption.waiting(self._place), self.assembly)
            assistant = self._place.settings().assistant
            if assistant and assistant.log_role == "exist":
                log_role.ensure()
            search = self._place.settings().search
            if isinstance(search, NewDomain) and search.log_policy == "exist":
                log_policy.ensure()
        try:
            cdk.deploy(self._place, self.arguments, self.assembly, stacks or ("--all",))
        finally:
            protection.protect(self._place)
