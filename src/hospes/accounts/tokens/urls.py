"""Addresses of tokens for programs, below account/programs/."""

from django.urls import path

from hospes.accounts.tokens import views

urlpatterns = [
    path("", views.tokens, name="account_tokens"),
    path("new/", views.new_token, name="account_new_token"),
    path("<int:pk>/end/", views.end_token, name="account_end_token"),
]
