"""The mails and texts about the second step. Written by the worker, from ids; their links lead to the portal as configured."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import Phone, PhoneCode, RecoveryCode, Release
from hospes.accounts.second import codes, recovery, rules
from hospes.accounts.second.releases import stop_link
from hospes.customers.models import Customer
from hospes.messaging import texts
from hospes.messaging.kinds import name
from hospes.messaging.models import Message, TextMessage
from hospes.messaging.recipients import NobodyToReach
from hospes.messaging.rendering import Rendered, register
from hospes.messaging.texts import Text


def notice(message: Message, subject: Promise | str, said: str, *, more: str = "", button: str = "", url: str = "",
           address: str | None = None) -> Rendered:  # fmt: skip
    """
    A mail that says what was done with the account, when, and what to do if that was somebody else.

    more: a second paragraph; button and url: what can be done, instead of choosing a new password.
    """
    context = {
        "said": said, "more": more, "at": message.created_at, "button": button or gettext("Choose a new password"),
        "action_url": url or settings.HOSPES_PORTAL_URL + reverse("account_reset_password"),
    }  # fmt: skip
    return Rendered(str(subject), "mail/account.said", context, address=address)


def _plain(subject: Promise, said: Promise) -> Callable[[Message], Rendered]:
    return lambda message: notice(message, subject, str(said))


def _text_step_on(message: Message) -> Rendered:
    phone = Phone.objects.filter(pk=message.about, person_id=message.person_id or 0).first()
    if phone is None:
        raise NobodyToReach("the number is gone")
    said = gettext(
        "From now on we can send a code to your phone number that ends in %s when you log in."
    ) % rules.ending(phone.number)
    return notice(message, _("Codes by text message were switched on"), said)


def _recovery_used(message: Message) -> Rendered:
    left = RecoveryCode.objects.filter(person_id=message.person_id or 0, used_at=None).count()
    said = gettext("A recovery code was used to log in to your account, or to confirm who you are.")
    more = ngettext("You have %d recovery code left.", "You have %d recovery codes left.", left) % left
    if left <= recovery.FEW:
        more += " " + gettext("Make new ones in good time: you find that under “Two-step login”.")
    return notice(message, _("A recovery code was used"), said, more=more)


# --- where a customer asks it of everybody ---------------------------------------------------------------------------------


def _demanded(message: Message) -> Rendered:
    customer = Customer.objects.filter(pk=message.customer_id or 0).first()
    if customer is None:
        raise NobodyToReach("the customer is gone")
    said = gettext("%s asks for a second step of everybody with access to its account.") % customer.name
    more = gettext(
        "If you have one, nothing changes. If not, you are led to setting one up at your next visit; it takes a minute."
    )
    return notice(message, _("A second step is needed from now on"), said, more=more, button=gettext("Set up a second step"),
                  url=settings.HOSPES_PORTAL_URL + reverse("mfa_index"))  # fmt: skip


def _not_demanded(message: Message) -> Rendered:
    customer = Customer.objects.filter(pk=message.customer_id or 0).first()
    if customer is None:
        raise NobodyToReach("the customer is gone")
    said = (
        gettext("%s no longer asks for a second step of everybody with access to its account.")
        % customer.name
    )
    more = gettext("Your own second step stays as it is, and we advise you to keep it.")
    return notice(message, _("A second step is no longer asked of everybody"), said, more=more)


register("account.step_demanded", _demanded)
register("account.step_not_demanded", _not_demanded)

register("account.sms_step_on", _text_step_on)
register("account.recovery_code_used", _recovery_used)
for _kind, _subject, _said in (
    ("account.sms_step_off", _("Codes by text message were switched off"),
     _("We no longer send codes to your phone. If that was your only second step, your password alone is enough to log in.")),
    ("account.passkey_added", _("You have a new passkey"),
     _("A passkey was added to your account. With it one can log in, also without your password.")),
    ("account.passkey_removed", _("A passkey was removed"),
     _("A passkey was removed from your account. If that was your only second step, your password is enough to log in.")),
    ("account.release_stopped", _("Your second step stays on"),
     _("The request to take off your second step was stopped. If you did not do that, somebody else who reads your mail did.")),
    ("account.release_used", _("Your second step was taken off"),
     _("From now on your password alone is enough to log in. Set up a new second step at once.")),
    ("account.codes_guessed", _("Somebody gave wrong codes for your account"),
     _("Somebody who knows your password gave a wrong code several times at the second step. They did not get in.")),
):  # fmt: skip
    register(_kind, _plain(_subject, _said))


# --- texts ----------------------------------------------------------------------------------------------------------------


def _code(message: TextMessage, now: datetime) -> Text:
    """
    The code, and for which site it is; the last line is what browsers and phones read to fill it in there only.

    (Origin-bound one-time codes, WICG.) Nothing but letters, digits and signs of the basic GSM alphabet: one part.
    """
    asked = PhoneCode.objects.filter(
        pk=message.about, person_id=message.person_id, closed_at=None, expires_at__gt=now
    ).first()
    if asked is None or asked.sealed is None:
        raise NobodyToReach("the code is over")
    code, host = codes.opened(asked), urlsplit(settings.HOSPES_PORTAL_URL).hostname
    words = gettext(
        "%(code)s is your code for %(operator)s. Give it to nobody, not to us either. It works for 5 minutes."
    )
    said = words % {"code": code, "operator": settings.HOSPES_SMS["sender"]}
    return Text(asked.number, f"{said}\n\n@{host} #{code}")


def _code_taken(message: TextMessage) -> None:
    codes.forget_sealed(message.about)


def _number_changed(message: TextMessage, now: datetime) -> Text:
    old = Phone.objects.filter(pk=message.about, person_id=message.person_id, ended_at__isnull=False).first()
    if old is None:
        raise NobodyToReach("the number is gone")
    words = gettext(
        "Codes for your account at %(operator)s go to another number from now on. Was it not you? Call %(phone)s."
    )
    return Text(
        old.number,
        words % {"operator": settings.HOSPES_SMS["sender"], "phone": settings.HOSPES_OPERATOR.phone},
    )


def _release(message: TextMessage, now: datetime) -> Text:
    """Short, and with the link that stops it."""
    asked = Release.objects.filter(pk=message.about, person_id=message.person_id, closed_at=None).first()
    phone = Phone.objects.filter(person_id=message.person_id, ended_at=None).first()
    if asked is None or phone is None:
        raise NobodyToReach("the request or the number is gone")
    words = gettext(
        "%(operator)s: somebody asked to take off the second step of your account. Was it not you? Stop it: %(url)s"
    )
    said = words % {"operator": settings.HOSPES_SMS["sender"], "url": stop_link(asked)}
    return Text(phone.number, said)


name({
    "account.step_demanded": _("A second step for everybody with access"),
    "account.step_not_demanded": _("No second step for everybody with access any more"),
    "account.sms_step_on": _("Codes by text message switched on"),
    "account.sms_step_off": _("Codes by text message switched off"),
    "account.passkey_added": _("A passkey was added"),
    "account.passkey_removed": _("A passkey was removed"),
    "account.recovery_code_used": _("A recovery code was used"),
    "account.codes_guessed": _("Wrong codes at the second step"),
    "account.release_stopped": _("Taking off the second step was stopped"),
    "account.release_used": _("The second step was taken off"),
})  # fmt: skip

texts.register("account.sms_release", _release)
texts.register("account.sms_code", _code, taken=_code_taken)
texts.register("account.sms_number_changed", _number_changed)
