"""Fill the clinic's facts into an answer's text: Jinja2, sandboxed, unknown names are errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment


class RenderError(ValueError):
    """A template that cannot be filled in; the message says what to change."""


# Answers are plain text and Markdown; whoever shows them escapes them, so nothing is escaped here.
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
# An answer quotes facts and may choose between two wordings. Loops, arithmetic and calls have no
# place in it, and without them no text can grow without bound.
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Const,
    nodes.If, nodes.Compare, nodes.Operand, nodes.Not, nodes.And, nodes.Or,
)  # fmt: skip


def render(template: str, facts: Mapping[str, Any]) -> str:
    """Fill `facts` into `template`; raise RenderError for an unknown fact or broken braces."""
    try:
        for node in _ENVIRONMENT.parse(template).find_all(nodes.Node):
            if not isinstance(node, _ALLOWED):
                raise RenderError(
                    f"uses {type(node).__name__.lower()} inside braces; keep to {{{{ clinic.… }}}}."
                )
        return _ENVIRONMENT.from_string(template).render(facts).strip()
    except TemplateSyntaxError as error:
        raise RenderError(
            f"has a broken {{{{ … }}}} ({error.message}); check the braces."
        ) from None
    except UndefinedError as error:
        raise RenderError(
            f"quotes a fact that does not exist ({error.message}); add it under `facts:` in "
            "clinic.yml or correct its name."
        ) from None
    except (TemplateError, TypeError, RecursionError) as error:
        raise RenderError(f"cannot be filled in ({error}); keep to {{{{ name }}}} only.") from None
