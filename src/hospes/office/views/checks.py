"""The data map, to be read; and whether it is complete."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from hospes.kernel import datamap
from hospes.kernel.purposes import Purpose
from hospes.office import matrix
from hospes.office.pages import office_page, show


@require_safe
@office_page(Purpose.SECURITY, nav="checks")
def checks(request: Any) -> HttpResponse:
    """Is every column on the map, and who may do what with it? Looks at the map only: nobody's data is read."""
    context = {
        "gaps": datamap.gaps(), "lines": matrix.lines(), "uses": matrix.uses(), "letters": matrix.LETTERS.items(),
        "columns": sum(len(mapped.entry.columns) for mapped in datamap.mapped_tables()),
        "tables": len(datamap.mapped_tables()),
    }  # fmt: skip
    return show(request, "office/checks.html", context)
