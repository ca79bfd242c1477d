"""Fill the clinic's facts into an answer's text: Jinja2, sandboxed, unknown names are errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment


class RenderError(ValueError):
    """A template that cannot be filled in; the message says what to change."""


class _Environment(ImmutableSandboxedEnvironment):
    """Looks a name up among the facts first, so that a fact may be called `items` or `update`."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)


def _one_fact(value: Any) -> Any:
    """Refuse to write out what is no fact, such as all of `clinic` or a method of a text."""
    if not isinstance(value, str | int):
        raise RenderError("quotes something that is not one fact; name one, as {{ clinic.phone }}.")
    return value


# Answers are plain text and Markdown; whoever shows them escapes them, so nothing is escaped here.
_ENVIRONMENT = _Environment(undefined=StrictUndefined, autoescape=False, finalize=_one_fact)
# An answer quotes facts and may choose between two wordings. Loops, arithmetic and calls have no
# place in it, and without them no text can grow without bound.
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Const,
    nodes.If, nodes.Compare, nodes.Operand, nodes.Not, nodes.And, nodes.Or,
)  # fmt: skip


def render(template: str, facts: Mapping[str, Any]) -> str:
    """Fill `facts` into `template`; raise RenderError for an unknown fact or broken braces.

    Names are checked in every branch, also in those that today's facts do not choose.
    """
    try:
        for node in _ENVIRONMENT.parse(template).find_all(nodes.Node):
            if not isinstance(node, _ALLOWED):
                kind = type(node).__name__.lower()
                raise RenderError(f"uses {kind} inside braces; keep to {{{{ clinic.… }}}}.")
            if isinstance(node, nodes.Name | nodes.Getattr):
                _check(_path(node), facts)
        return _ENVIRONMENT.from_string(template).render(facts).strip()
    except RenderError:
        raise
    except TemplateSyntaxError as error:
        raise RenderError(
            f"has a broken {{{{ … }}}} ({error.message}); check the braces."
        ) from None
    except (TemplateError, TypeError, ValueError, RecursionError) as error:
        raise RenderError(f"cannot be filled in ({error}); keep to {{{{ name }}}} only.") from None


def _path(node: nodes.Node) -> list[str]:
    if isinstance(node, nodes.Name):
        return [node.name]
    if isinstance(node, nodes.Getattr):
        return [*_path(node.node), node.attr]
    raise RenderError("quotes a part of a text; keep to {{ clinic.… }}.")


def _check(path: list[str], facts: Mapping[str, Any]) -> None:
    value: Any = facts
    for name in path:
        value = _ENVIRONMENT.getitem(value, name)
        if isinstance(value, StrictUndefined):
            raise RenderError(
                f"quotes {'.'.join(path)}, which does not exist; add it under `facts:` in "
                "clinic.yml or correct its name."
            )
