"""report.md and report.html, from templates and a record."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hotloop.agent.report import escape
from hotloop.agent.report.figure import interval_plot
from hotloop.agent.report.view import view
from hotloop.agent.result import RunRecord

_PATCH_LINES = 2000


def markdown(record: RunRecord) -> str:
    return _render("report.md.j2", record)


def html(record: RunRecord) -> str:
    """One file: no script, nothing loaded from anywhere."""
    return _render("report.html.j2", record)


def write_reports(record: RunRecord, folder: Path) -> Path:
    """Write both into `folder`; the path of report.md."""
    target = folder / "report.md"
    target.write_text(markdown(record), encoding="utf-8")
    (folder / "report.html").write_text(html(record), encoding="utf-8")
    return target


def _render(template: str, record: RunRecord) -> str:
    page = environment().get_template(template)
    return page.render(view=view(record), plot=interval_plot(record), run_id=record.result.run_id)


@cache
def environment(*folders: Path) -> Environment:
    """Templates of `folders` and of this room's, with the filters that make text safe."""
    made = Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent / "templates"]),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    filters = (escape.plain, escape.line, escape.prose, escape.code, escape.cell, escape.fence)
    made.filters |= {one.__name__: one for one in filters} | {"diff": _diff}
    return made


def _diff(patch: str) -> Iterator[tuple[str, str]]:
    """Lines of a patch, made safe, with the kind each is shown as."""
    for line in escape.plain(escape.clip_lines(patch, _PATCH_LINES), 1_000_000).splitlines():
        yield line, _kind(line)


def _kind(line: str) -> str:
    if line.startswith(("diff ", "--- ", "+++ ")):
        return "file"
    return {"+": "add", "-": "del", "@": "hunk"}.get(line[:1], "same")
