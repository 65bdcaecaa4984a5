"""The mails about an account. Their links are made here, by the worker, from ids; they lead to the portal as configured."""

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.conf import settings
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import int_to_base36
from django.utils.translation import gettext_lazy as _

from hospes.accounts import resets
from hospes.accounts.access import mails as access_mails  # noqa: F401  # they register themselves
from hospes.accounts.addresses import contact_mails  # noqa: F401  # they register themselves
from hospes.accounts.addresses import mails as address_mails  # noqa: F401  # they register themselves
from hospes.accounts.models import PasswordReset
from hospes.accounts.origins import mails as origins_mails  # noqa: F401  # they register themselves
from hospes.accounts.staff import mails as staff_mails  # noqa: F401
from hospes.accounts.tokens import mails as token_mails  # noqa: F401
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register


def link(name: str, **arguments: Any) -> str:
    """The address of one of the portal's doors, in the active language; never that of who asked for the mail."""
    return settings.HOSPES_PORTAL_URL + reverse(name, kwargs=arguments or None)


def confirm_address(message: Message) -> Rendered:
    """
    The link that shows that somebody reads what is sent to an address.

    It must go to that very address, or it would show nothing; messages go to the one that the person logs in with. Raises
    EmailAddress.DoesNotExist for any other.
    """
    own = EmailAddress.objects.filter(user_id=message.person_id, email__iexact=F("user__email"))
    address = _about(own, message)
    url = link("account_confirm_email", key=EmailConfirmationHMAC(address).key)
    return Rendered(str(_("Confirm your e-mail address")), "mail/account.confirm_address", {"url": url})


def password_reset(message: Message) -> Rendered:
    """The link by which somebody chooses a new password."""
    asked = _about(PasswordReset.objects.filter(person=message.person_id or 0), message)
    token = resets.token(reset_id=asked.pk, person_id=asked.person_id)
    url = link("account_reset_password_from_key", uidb36=int_to_base36(asked.person_id), key=token)
    return Rendered(
        str(_("Choose a new password")),
        "mail/account.password_reset",
        {"url": url, "until": asked.expires_at},
    )


def already_exists(message: Message) -> Rendered:
    """For who signs up, or somebody else who does so, with the address of an account that is there."""
    context = {"url": link("account_reset_password")}
    return Rendered(str(_("You have an account already")), "mail/account.already_exists", context)


def _notice(subject: Promise, kind: str) -> Callable[[Message], Rendered]:
    """A mail that says that something was changed, when, and what to do if it was somebody else."""

    def render(message: Message) -> Rendered:
        context = {"at": message.created_at, "reset_url": link("account_reset_password")}
        return Rendered(str(subject), f"mail/{kind}", context)

    return render


def _about(rows: "QuerySet[Any]", message: Message) -> Any:
    return rows.get(pk=message.about)


register("account.confirm_address", confirm_address)
register("account.password_reset", password_reset)
register("account.already_exists", already_exists)
for _kind, _subject in {
    "account.password_changed": _("Your password was changed"),
    "account.second_step_on": _("The second step was switched on"),
    "account.second_step_off": _("The second step was switched off"),
    "account.recovery_codes_made": _("You have new recovery codes"),
}.items():
    register(_kind, _notice(_subject, _kind))
name({
    "account.confirm_address": _("Confirm the e-mail address"),
    "account.already_exists": _("There is an account already"),
    "account.password_reset": _("A new password"),
    "account.password_changed": _("The password was changed"),
    "account.second_step_on": _("Two-step login switched on"),
    "account.second_step_off": _("Two-step login switched off"),
    "account.recovery_codes_made": _("New recovery codes"),
})  # fmt: skip

from hospes.accounts.second import mails as mails  # noqa: E402  # it registers its own
from hospes.accounts.second import release_mails as release_mails  # noqa: E402
