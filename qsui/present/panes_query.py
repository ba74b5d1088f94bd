"""What panes and the detail say about a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.present import text
from qsui.present.cells_query import query_title
from qsui.present.cells_run import run_words
from qsui.present.panes_run import state_chip
from qsui.present.role import PaneLine, Role, Span, Spans
from qsui.present.signs import run_look

if TYPE_CHECKING:
    from qsui.domain.models import Query
    from qsui.present.layout import LookContext


def query_title_line(query: Query, ctx: LookContext) -> Spans:
    """Return the title of a query's pane: its name or SQL, and its state."""
    look = run_look(query.state)
    elapsed = query.took(ctx.now) if query.state.is_active else None
    words = run_words(query.state, query.raw_state, elapsed)
    name = text.elide_end(query_title(query), 48, ctx.signs.ellipsis) or "query"
    return (
        (name, Role.STRONG),
        ("  ", Role.TEXT),
        (f"{ctx.signs.of(look.sign)} {words}", look.role),
    )


def query_head(query: Query, ctx: LookContext) -> Spans:
    """Return the first line of a query's detail: state, creation, length, rows, who."""
    spans: list[Span] = [state_chip(query.state, query.raw_state, ctx), ("  ", Role.TEXT)]
    if query.created_at is not None:
        at = text.moment_long(query.created_at, ctx.now, ctx.zone)
        spans += [("created ", Role.MUTED), (at, Role.TEXT)]
    took = query.took(ctx.now)
    if took is not None:
        word = "   runs for " if query.state.is_active else "   took "
        spans += [(word, Role.MUTED), (text.duration_exact(took), Role.TEXT)]
    if query.row_count is not None:
        spans += [("   rows ", Role.MUTED), (text.count_exact(query.row_count), Role.TEXT)]
    for word, value in (("client", query.client), ("user", query.user)):
        if value:
            spans += [(f"   {word} ", Role.MUTED), (text.printable_name(value), Role.TEXT)]
    return tuple(spans)


def query_pane(query: Query, ctx: LookContext) -> tuple[PaneLine, ...]:
    """Return a query in short, its errors first."""
    lines: list[PaneLine] = [*query_errors(query)]
    lines.append(("Created", _created(query, ctx)))
    who = [text.printable_name(part) for part in (query.user, query.client) if part]
    if who:
        lines.append(("By", ((" with ".join(who), Role.TEXT),)))
    if query.row_count is not None:
        lines.append(("Rows", ((text.count_exact(query.row_count), Role.TEXT),)))
    lines += _links(query, ctx)
    sql = " ".join(text.printable(query.sql.strip(), 400).split())
    if sql:
        cut = ctx.signs.ellipsis if query.sql_is_cut and not sql.endswith("…") else ""
        lines.append(("SQL", ((sql + cut, Role.MUTED),)))
    return tuple(lines)


def query_text(query: Query, ctx: LookContext) -> tuple[PaneLine, ...]:
    """Return what stands beside the SQL in a query's detail: errors, links, datasets, ids."""
    lines: list[PaneLine] = [*query_errors(query)]
    if query.name:
        lines.append(("Name", ((text.printable_name(query.name), Role.TEXT),)))
    if query.description.strip():
        lines.append(("About", ((text.printable(query.description.strip(), 400), Role.TEXT),)))
    lines.append(("Created", _created(query, ctx)))
    lines += _links(query, ctx)
    kinds = [
        word for word, holds in (("CTAS", query.is_ctas), ("INSERT", query.is_insert)) if holds
    ]
    if kinds:
        lines.append(("Writes by", ((", ".join(kinds), Role.TEXT),)))
    for index, dataset in enumerate(query.datasets[:20]):
        label = "" if index else "Datasets"
        lines.append((label, ((text.printable_name(dataset), Role.TEXT),)))
    if len(query.datasets) > 20:
        lines.append(("", ((f"and {len(query.datasets) - 20} more", Role.MUTED),)))
    lines.append(("Id", ((text.printable_name(query.id), Role.TEXT),)))
    return tuple(lines)


def query_errors(query: Query) -> tuple[PaneLine, ...]:
    """Return every error of a query: the reason, type and code, what to do."""
    lines: list[PaneLine] = []
    for error in query.errors[:10]:
        lines.append(("Error", ((text.printable(error.message or error.raw, 2000), Role.TEXT),)))
        about = text.printable(f"{error.type} {error.code}".strip(), 80)
        if about:
            lines.append(("Type", ((about, Role.MUTED),)))
        if error.remedy:
            lines.append(("Do", ((text.printable(error.remedy, 400), Role.TEXT),)))
    if len(query.errors) > 10:
        lines.append(("", ((f"and {len(query.errors) - 10} more errors", Role.MUTED),)))
    if not lines and query.state.is_bad:
        lines.append(("Error", (("its reason was not read yet", Role.MUTED),)))
    return tuple(lines)


def _created(query: Query, ctx: LookContext) -> Spans:
    if query.created_at is None:
        return ((ctx.signs.nothing, Role.MUTED),)
    spans: list[Span] = [(text.moment_long(query.created_at, ctx.now, ctx.zone), Role.TEXT)]
    took = query.took(ctx.now)
    if took is not None:
        word = "runs for" if query.state.is_active else "took"
        spans.append((f"  {word} {text.duration_exact(took)}", Role.MUTED))
    return tuple(spans)


def _links(query: Query, ctx: LookContext) -> list[PaneLine]:
    lines: list[PaneLine] = []
    if query.run_id:
        run = text.id_short(query.run_id, ctx.signs.ellipsis)
        lines.append(("Run", ((run, Role.TEXT), ("  L opens it", Role.MUTED))))
    if query.schedule_id:
        lines.append(
            ("Schedule", ((text.id_short(query.schedule_id, ctx.signs.ellipsis), Role.TEXT),))
        )
    if query.template_name or query.template_id:
        name = text.printable_name(query.template_name or query.template_id)
        lines.append(("Template", ((name, Role.TEXT),)))
    return lines
