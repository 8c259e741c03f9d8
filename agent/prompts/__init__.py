"""What models are told: one template a file, and how text that is not ours is put into them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.agent.prompts.quoting import quote

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent


def render(name: str, **values: object) -> str:
    """The template `name` ("coder_user") with `values`. A value that is missing is an error."""
    return _environment().get_template(f"{name}.md.j2").render(**values).strip() + "\n"


@cache
def prompt_version() -> str:
    """Changes whenever any template does; runs with different ones are not comparable."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.glob("*.md.j2")):
        digest.update(f"{path.name}\0{path.read_text('utf-8')}\0".encode())
    return digest.hexdigest()[:12]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - slow to import

    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["quote"] = quote
    return made
