"""Addresses of the doors that are about where from; they come before those of the login library."""

from django.urls import path

from hospes.accounts.origins import views

urlpatterns = [
    path("nieuwe-plek/", views.new_place, name="account_new_place"),
    path("niet-ik/<str:token>/", views.not_me, name="account_not_me"),
]
