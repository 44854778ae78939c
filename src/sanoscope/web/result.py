"""The page of a result (step 3): the table, its legend, a chart, the files, what must be known of it."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from sanoscope.catalogue.restitution import Restitution
from sanoscope.present.exports import FORMATS
from sanoscope.present.html import bars, headings, rows
from sanoscope.present.numbers import legend
from sanoscope.query.criteria import Query
from sanoscope.query.table import Table
from sanoscope.web.site import page


def result_page(request: Request, restitution: Restitution, query: Query, table: Table) -> HTMLResponse:
    """Return the page of an answer."""
    chart = restitution.graphique
    return page(
        request,
        "resultat.html",
        restitution=restitution,
        query=query,
        table=table,
        headings=headings(table),
        rows=rows(table),
        legend=legend(table),
        bars=bars(table, chart.mesure, chart.premiers) if chart else [],
        chart_title=next((f.title for f in table.figures if chart and f.name == chart.mesure), ""),
        formats=FORMATS.values(),
        pinned=query.canonical if query.edition else f"{query.canonical}&edition={table.edition}",
    )
