"""Addresses of the portal: a customer's pages carry the customer's number, so that two windows can show two customers."""

from django.urls import path

from hospes.portal.views import (
    account,
    addresses,
    contracts,
    data,
    limits,
    orders,
    people,
    second_step,
    shop,
    where_from,
    withdrawing,
)

app_name = "portal"
urlpatterns = [
    path("", account.overview, name="overview"),
    path("diensten/", account.service_list, name="services"),
    path("diensten/<int:service_id>/", contracts.service, name="service"),
    path("diensten/<int:service_id>/wijzigen/", contracts.change, name="service_change"),
    path("diensten/<int:service_id>/opzeggen/", contracts.cancel, name="service_cancel"),
    path("diensten/<int:service_id>/intrekken/", contracts.take_back, name="service_take_back"),
    path("facturen/", account.invoices, name="invoices"),
    path("facturen/<str:invoice_number>/", account.invoice, name="invoice"),
    path("facturen/<str:invoice_number>/pdf/", account.invoice_pdf, name="invoice_pdf"),
    path("facturen/<str:invoice_number>/betalen/", orders.pay_invoice, name="pay_invoice"),
    path("bestellingen/", orders.orders, name="orders"),
    path("bestellingen/<str:order_number>/", orders.order, name="order"),
    path("bestellingen/<str:order_number>/betalen/", orders.pay, name="pay"),
    path("bestellingen/<str:order_number>/herroepen/", withdrawing.from_order, name="withdraw"),
    path("offertes/<str:quote_number>/", orders.quote, name="quote"),
    path("offertes/<str:quote_number>/besluit/", orders.quote_decide, name="quote_decide"),
    path("afrekenen/", shop.checkout, name="checkout"),
    path("toegang/", people.access, name="access"),
    path("toegang/tweede-stap/", second_step.second_step, name="second_step"),
    path("adressen/", addresses.addresses, name="addresses"),
    path("toegang/uitnodigen/", people.invite, name="access_invite"),
    path("toegang/uitnodigingen/<int:invitation_id>/", people.invitation_page, name="access_invitation_page"),
    path(
        "toegang/uitnodigingen/<int:invitation_id>/opnieuw/",
        people.invitation_again,
        name="access_invitation_again",
    ),
    path(
        "toegang/uitnodigingen/<int:invitation_id>/intrekken/",
        people.invitation_withdraw,
        name="access_invitation_withdraw",
    ),
    path("toegang/overdragen/", people.hand_over, name="access_hand_over"),
    path("toegang/verlaten/", people.leave, name="access_leave"),
    path("toegang/<int:membership_id>/", people.member, name="access_member"),
    path("toegang/<int:membership_id>/weg/", people.member_remove, name="access_member_remove"),
    path("toegang/geschiedenis/", where_from.where_from, name="logins"),
    path("toegang/sessies/", where_from.open_sessions, name="sessions"),
    path("toegang/sessies/beeindigen/", where_from.end_session, name="end_session"),
    path("toegang/plaatsen/", limits.limit_list, name="limits"),
    path("toegang/plaatsen/wijzigen/", limits.change_limits, name="change_limits"),
    path("gegevens/", data.data, name="data"),
    path("gegevens/downloaden/", data.download, name="download"),
]
