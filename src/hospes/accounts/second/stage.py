"""Where the second step comes in at login, and whether a session has passed it."""

from typing import Any, Final

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import Login
from allauth.account.stages import LoginStage
from allauth.core.internal.httpkit import headed_redirect_response
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from hospes.accounts.door import is_office
from hospes.accounts.models import PhoneCode
from hospes.accounts.network import client_ip
from hospes.accounts.second import codes, passkeys, releases, ways
from hospes.accounts.second.passkeys import Site
from hospes.customers.models import Person
from hospes.kernel import clock

#: What a login says of itself that needs no second step any more: it began with a passkey.
_DONE: Final = "second_step_done"


def here() -> Site:
    """This face, as browsers know it."""
    return passkeys.site_of(settings.HOSPES_OFFICE_URL if is_office() else settings.HOSPES_PORTAL_URL)


class SecondStep(LoginStage):  # type: ignore[misc]  # the library ships no types
    """After the password: whoever has set up a second step is asked for it, whatever the face."""

    key = "mfa_authenticate"
    urlname = "mfa_authenticate"

    def handle(self) -> tuple[Any, bool]:
        person = self.login.user
        if person is None or self.login.state.get(_DONE) or not ways.has_step(person.pk):
            return None, True
        if releases.use_that_of_staff(person.pk, now=clock.now()):
            messages.warning(
                self.request, _("Your second step was taken off, as you asked us. Set up a new one at once.")
            )
            return None, True
        self.state["authentication_required"] = True
        held = ways.of(person.pk, rp_id=here().rp_id)
        if held.only_text:  # nobody has to press a button for what they want anyway
            send_code(self.request, person, held.number)
        return headed_redirect_response(self.urlname), True


def signed(request: HttpRequest) -> dict[str, Any]:
    """What the browser sent as the answer of a passkey; raises PasskeyRefused for what no browser sends."""
    return passkeys.read(request.POST.get("credential", ""))


def send_code(request: HttpRequest, person: Person, number: str) -> bool:
    """Have a code of the second step sent, or say on the page why not."""
    try:
        codes.ask(person_id=person.pk, number=number, use=PhoneCode.Use.STEP, session=request.session,
                  ip=client_ip(request), now=clock.now())  # fmt: skip
    except codes.CodeRefused as refused:
        messages.warning(request, str(refused.why))
        return False
    return True


def by_passkey(person: Person, redirect_url: str | None) -> Login:
    """A login that began with a passkey, which checked who holds it: there is no further step."""
    return Login(user=person, redirect_url=redirect_url, state={_DONE: True})


def note_passed(request: HttpRequest, person: Person, way: str, **more: Any) -> None:
    """Have the session remember that its person took the second step, or set one up in it."""
    record_authentication(request, person, "mfa", type=way, **more)
    # The library notes the machine's time; the clock here may be moved.
    get_authentication_records(request, person)[-1]["at"] = clock.now().timestamp()


def has_passed(request: HttpRequest, person: Person) -> bool:
    """Whether this very session took the second step: one from before it was set up did not."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, person))
