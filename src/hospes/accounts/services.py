"""Accounts: making them, and what stands in the journal about them. All of it acts within the purpose of access."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _

from hospes.accounts import sealing
from hospes.accounts.models import PasswordReset
from hospes.accounts.passwords.alike import meant
from hospes.customers.models import Customer, Person
from hospes.customers.services import Details, open_customer
from hospes.kernel import journal
from hospes.messaging import services as messaging

journal.register({
    "account.made": _("Account made"),
    "account.terms_accepted": _("Terms and conditions accepted"),
    "account.address_confirmed": _("E-mail address confirmed"),
    "account.address_added": _("E-mail address added"),
    "account.address_removed": _("E-mail address removed"),
    "account.address_changed": _("Main e-mail address changed"),
    "account.login": _("Logged in"),
    "account.login_failed": _("Login failed"),
    "account.login_code_failed": _("Wrong code from the mail"),
    "account.login_reported": _("A login was reported as somebody else's"),
    "account.second_step_failed": _("Wrong code at the second step"),
    "account.logout": _("Logged out"),
    "account.confirmed": _("Confirmed once more who it is"),
    "account.reset_asked": _("New password asked for"),
    "account.password_changed": _("Password changed"),
    "account.second_step_on": _("Second step switched on"),
    "account.second_step_off": _("Second step switched off"),
    "account.recovery_codes_made": _("Recovery codes made"),
})  # fmt: skip

#: How long the link for a new password works.
RESET_LASTS = timedelta(hours=1)

#: Somebody who asks again within this time gets no second mail. The pause doubles with each of a day's mails, up to half the
#: time that a link works: so nobody can fill a mailbox, and who asks always has a link that works, or gets one.
RESET_PAUSE, RESET_LONGEST_PAUSE = timedelta(minutes=1), RESET_LASTS / 2


def note(action: str, *, person_id: int | None, now: datetime) -> None:
    """Write down what happened to an account; `person_id` is None where nobody has the address that was tried."""
    journal.record(action, at=now, table="customers_person", object_id=person_id, person_id=person_id)


def open_account(*, person: Person, details: Details, now: datetime) -> Customer:
    """Open the first customer of a person who just signed up, and write down that they agreed to the terms."""
    note("account.made", person_id=person.pk, now=now)
    note("account.terms_accepted", person_id=person.pk, now=now)
    return open_customer(person_id=person.pk, details=details, now=now)


def make_person(
    *,
    email: str,
    password: str | None,
    given_name: str,
    family_name: str,
    phone: str = "",
    language: str = "nl",
    now: datetime,
) -> Person:
    """Make a person who can log in at once: for whom the operator vouches, so address and number count as confirmed."""
    person = Person.objects.create_user(
        email,
        password,
        given_name=given_name,
        family_name=family_name,
        phone=phone,
        phone_confirmed_at=now if phone else None,
        language=language,
        created_at=now,
    )
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def preset_second_step(*, person_id: int, secret: str, now: datetime) -> None:
    """Set up somebody's second step with a given secret (base32, as the app takes it); replaces the one they had."""
    Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.TOTP).delete()
    Authenticator.objects.create(
        user_id=person_id,
        type=Authenticator.Type.TOTP,
        data={"secret": sealing.sealed(secret)},
        created_at=now,
    )
    note("account.second_step_on", person_id=person_id, now=now)


# --- passwords ------------------------------------------------------------------------------------------------------------


def ask_reset(*, person_id: int | None, now: datetime) -> None:
    """
    Send somebody a link by which they can choose a new password, unless they just got one.

    For nobody (None) the same is done and undone again, so that it takes as long.
    """
    number = person_id or 0  # nobody has this one
    today = PasswordReset.objects.filter(person_id=number, asked_at__gt=now - timedelta(days=1))
    asked_at = list(today.order_by("-asked_at").values_list("asked_at", flat=True)[:20])
    pause = min(RESET_LONGEST_PAUSE, RESET_PAUSE * 2 ** max(0, len(asked_at) - 1))
    with meant(number > 0 and (not asked_at or asked_at[0] <= now - pause)):
        asked = PasswordReset.objects.create(person_id=number, asked_at=now, expires_at=now + RESET_LASTS)
        note("account.reset_asked", person_id=number, now=now)
        messaging.enqueue(
            "account.password_reset", key=f"reset:{asked.pk}", person_id=number, about_id=asked.pk, now=now
        )


def use_reset(*, reset_id: int, person_id: int, now: datetime) -> bool:
    """Take a link's one use; False for whoever comes second, or too late."""
    still_open = PasswordReset.objects.filter(
        pk=reset_id, person_id=person_id, closed_at=None, expires_at__gt=now
    )
    return bool(still_open.update(closed_at=now))


def send_reset(*, person_id: int, now: datetime) -> None:
    """Send somebody such a link now, whatever was asked for before: for who just showed that a stranger was in the account."""
    asked = open_reset(person_id=person_id, now=now)
    messaging.enqueue(
        "account.password_reset", key=f"reset:{asked.pk}", person_id=person_id, about_id=asked.pk, now=now
    )


def open_reset(*, person_id: int, now: datetime) -> PasswordReset:
    """Make a link possible by which somebody can choose a new password, and write it down."""
    note("account.reset_asked", person_id=person_id, now=now)
    asked: PasswordReset = PasswordReset.objects.create(
        person_id=person_id, asked_at=now, expires_at=now + RESET_LASTS
    )
    return asked


def password_changed(*, person_id: int, now: datetime) -> None:
    """Write down that somebody has a new password; links for another one stop working."""
    PasswordReset.objects.filter(person_id=person_id, closed_at=None).update(closed_at=now)
    journal.record("account.password_changed", at=now, table="customers_person", object_id=person_id, person_id=person_id,
                   changed=["password"])  # fmt: skip


# --- mails ----------------------------------------------------------------------------------------------------------------


def tell(
    kind: str, *, person_id: int, about_id: int | None = None, within: str = "%Y%m%d%H%M%S%f", now: datetime
) -> None:
    """
    Have a person told by mail what happened to their account.

    `within` is the part of the moment (strftime) that makes the message one of its own: with "%Y%m%d%H" a person gets one
    of its kind an hour at most.
    """
    key = f"{kind}:{person_id}:{about_id or ''}:{now.strftime(within)}"
    messaging.enqueue(kind, key=key, person_id=person_id, about_id=about_id, now=now)


def answer_signup(*, has_it: int | None, made: int, about_id: int, now: datetime) -> None:
    """
    Mail who signed up (`made`) the link that confirms the address; or who has the address already that they have an account,
    once an hour at most. Does the same work either way.
    """
    hour = f"account.already_exists:{has_it or 0}:{now:%Y%m%d%H}"
    told = messaging.is_enqueued(hour)
    with meant(has_it is None or not told):
        if has_it is None:
            tell("account.confirm_address", person_id=made, about_id=about_id, now=now)
        else:
            key = f"{hour}:again" if told else hour
            messaging.enqueue("account.already_exists", key=key, person_id=has_it, about_id=None, now=now)
