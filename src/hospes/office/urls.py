"""Addresses of the office. A customer goes by its number, so that a link can be shared with a colleague."""

from django.urls import path, re_path

from hospes.office.views import (
    checks,
    contract,
    customer,
    home,
    invoice,
    joining,
    journal,
    reports,
    search,
    second_step,
    staff,
    tax,
    viewing,
)

app_name = "office"
urlpatterns = [
    path("", home.home, name="home"),
    path("werk/<slug:key>/", home.board, name="board"),
    path("werk/<slug:key>/<int:item_id>/", home.take, name="take"),
    path("werk/<slug:key>/<int:item_id>/opnieuw/", home.try_again, name="try_again"),
    path("zoeken/", search.search, name="search"),
    path("klanten/<int:number>/", customer.customer, name="customer"),
    path("klanten/<int:number>/wijzigen/", customer.change, name="change"),
    path("klanten/<int:number>/diensten/<int:service_id>/", customer.service, name="service"),
    path("klanten/<int:number>/diensten/<int:service_id>/einde/", contract.ending, name="service_ending"),
    path(
        "klanten/<int:number>/diensten/<int:service_id>/paneel/",
        customer.service,
        {"ask": True},
        name="panel",
    ),
    path("klanten/<int:number>/facturen/", invoice.invoices, name="invoices"),
    path("klanten/<int:number>/gegevens/", customer.held, name="held"),
    path("klanten/<int:number>/zien/", viewing.view_as, name="view_as"),
    path("klanten/<int:number>/zien/<int:viewing_id>/stoppen/", viewing.stop, name="stop_viewing"),
    path(
        "klanten/<int:number>/diensten/<int:service_id>/opnieuw/",
        customer.retry_service,
        name="retry_service",
    ),
    path(
        "klanten/<int:number>/betalingen/<int:payment_id>/nakijken/",
        invoice.check_payment,
        name="check_payment",
    ),
    path("personen/<int:person_id>/tweede-stap/", second_step.second_step, name="second_step"),
    path("personen/<int:person_id>/tweede-stap/tegenhouden/", second_step.stop, name="stop_release"),
    path("facturen/<str:number>/", invoice.invoice, name="invoice"),
    path("facturen/<str:number>/pdf/", invoice.invoice_pdf, name="invoice_pdf"),
    path("facturen/<str:number>/crediteren/", tax.credit, name="credit"),
    path("klanten/<int:number>/btw/", tax.decide, name="decide_tax"),
    path("facturen/<str:number>/opnieuw-mailen/", invoice.resend, name="resend"),
    path("logboek/", journal.journal_page, name="journal"),
    path("medewerkers/", staff.staff, name="staff"),
    path("medewerkers/uitnodigen/", staff.invite, name="invite"),
    path("medewerkers/rollen/<slug:key>/", staff.role, name="role"),
    path("medewerkers/<int:person_id>/", staff.colleague, name="colleague"),
    path("medewerkers/<int:person_id>/rollen/", staff.roles, name="colleague_roles"),
    path("medewerkers/<int:person_id>/uit-dienst/", staff.dismiss, name="dismiss"),
    path("medewerkers/<int:person_id>/opnieuw/", staff.anew, name="anew"),
    path("uitnodiging/<str:token>/", joining.join, name="join"),
    path("rapporten/", reports.reports, name="reports"),
    path("rapporten/auditbestand/", reports.audit_file, name="audit_file"),
    path("rapporten/maand-afsluiten/", reports.close_month, name="close_month"),
    path("rapporten/<slug:slug>/", reports.report, name="report"),
    re_path(
        r"^rapporten/(?P<slug>[a-z]+)/bestand\.(?P<form>csv|xlsx)$", reports.report_file, name="report_file"
    ),
    path("controles/", checks.checks, name="checks"),
]
