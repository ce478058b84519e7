"""A report as one web page that needs nothing else: no network, no script, light, dark and on paper."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from core.report.canvas import svg
from core.report.content import Block, Figure, Report

if TYPE_CHECKING:
    from markupsafe import Markup

LONG_ROWS = 20  # a longer table may break across printed pages


def render_html(report: Report) -> str:
    """Write the page. Everything that a user or an instrument typed is escaped."""
    from jinja2 import Environment, StrictUndefined

    source = (resources.files("resources") / "report" / "report.html.jinja").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(source)
    return template.render(report=report, picture=_picture, kind=_kind, long_rows=LONG_ROWS)


def _picture(figure: Figure) -> Markup:
    from markupsafe import Markup

    return Markup(svg(figure.name, figure.size_in, figure.draw))  # which has escaped all text


def _kind(block: Block) -> str:
    return type(block).__name__
