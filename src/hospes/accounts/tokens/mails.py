"""The mails about tokens for programs, written by the worker from ids."""

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import ApiToken
from hospes.accounts.second.mails import notice
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.recipients import NobodyToReach
from hospes.messaging.rendering import Rendered, register


def _about(subject: Promise, said: Promise) -> Callable[[Message], Rendered]:
    def rendered(message: Message) -> Rendered:
        token = ApiToken.objects.filter(pk=message.about, person_id=message.person_id or 0).first()
        if token is None:
            raise NobodyToReach("the token is gone")
        url = settings.HOSPES_PORTAL_URL + reverse("account_tokens")
        return notice(
            message, subject, str(said) % {"name": token.name}, button=gettext("See your tokens"), url=url
        )

    return rendered


for _kind, _subject, _said in (
    ("account.token_made", _("A program can use your account"),
     _("A token was made for your account, with the name “%(name)s”. With it a program can do what you chose, without your"
       " password.")),
    ("account.token_ended", _("A token was ended"),
     _("The token “%(name)s” of your account was ended. The program that used it no longer gets in.")),
    ("account.token_refused", _("A token was used from another network"),
     _("Somebody showed the token “%(name)s” of your account from a network that you did not list. We let nobody in. If you do"
       " not know where that came from, end the token: somebody else has it.")),
):  # fmt: skip
    register(_kind, _about(_subject, _said))
name({
    "account.token_made": _("Token for a program made"),
    "account.token_ended": _("Token for a program ended"),
    "account.token_refused": _("Token for a program used from another network"),
})  # fmt: skip
