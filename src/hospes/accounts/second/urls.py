"""Addresses of the second step, below account/2fa/; they come before those of the login library, and take the place of some."""

from django.urls import path

from hospes.accounts.second.views import login, lost, own

urlpatterns = [
    path("", own.index, name="mfa_index"),
    path("authenticate/", login.authenticate, name="mfa_authenticate"),
    path("reauthenticate/", login.again, name="mfa_reauthenticate"),
    path("totp/activate/", own.activate_app, name="mfa_activate_totp"),
    path("totp/deactivate/", own.deactivate_app, name="mfa_deactivate_totp"),
    path("lost/", lost.lost, name="mfa_lost"),
    path("lost/stop/<str:token>/", lost.stop, name="mfa_stop_release"),
    path("lost/use/<str:token>/", lost.use, name="mfa_use_release"),
    path("sms/", own.phone, name="mfa_phone"),
    path("sms/remove/", own.remove_phone, name="mfa_remove_phone"),
    path("passkeys/add/", own.add_passkey, name="mfa_add_passkey"),
    path("passkeys/login/", login.passkey_login, name="mfa_passkey_login"),
    path("passkeys/options/<slug:kind>/", login.passkey_options, name="mfa_passkey_options"),
    path("passkeys/<int:pk>/", own.passkey, name="mfa_passkey"),
    path("passkeys/<int:pk>/remove/", own.remove_passkey, name="mfa_remove_passkey"),
    path("recovery-codes/", own.recovery_codes, name="mfa_recovery_codes"),
    path("recovery-codes/new/", own.new_recovery_codes, name="mfa_new_recovery_codes"),
]
