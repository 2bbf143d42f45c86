"""`Fn::Join` in a template's conditions, which the bootstrap template of the CDK uses.

MiniStack 1.5.33 does not evaluate it, so the bootstrap gives the role of CloudFormation no policy.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

Parameters = Mapping[str, Mapping[str, Any]]


def install() -> None:
    """Wraps the evaluation in CloudFormation's `engine` and in the modules that import it; once per process."""
    evaluating = _evaluating(engine._evaluate_conditions)
    for module in (engine, changesets, handlers, stacks, provisioners):
        module._evaluate_conditions = evaluating


def _evaluating(evaluate: Callable[..., Any]) -> Callable[..., Any]:
    def _evaluate_conditions(template: dict[str, Any], params: Parameters, *more: Any, **named: Any) -> Any:
        joined = {**template, "Conditions": _joined(template.get("Conditions", {}), params)}
        return evaluate(joined, params, *more, **named)

    return _evaluate_conditions


def _joined(value: Any, params: Parameters) -> Any:
    if isinstance(value, list):
        return [_joined(item, params) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) != {"Fn::Join"}:
        return {key: _joined(value, params) for key, value in value.items()}
    between, parts = value["Fn::Join"]
    texts = _texts(parts, params) if isinstance(parts, dict) else [_text(part, params) for part in parts]
    return str(between).join(texts)


def _texts(reference: dict[str, Any], params: Parameters) -> list[str]:
    """The members of a list parameter, which MiniStack keeps as one string."""
    return [part.strip() for part in _text(reference, params).split(",")]


def _text(value: Any, params: Parameters) -> str:
    if isinstance(value, dict) and set(value) == {"Ref"}:
        return str(params[value["Ref"]]["Value"])
    return str(value)
