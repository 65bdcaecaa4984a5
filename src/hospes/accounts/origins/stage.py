"""The step of a login that asks for a mailed code, where device or place are not known and no second step was given."""

from typing import Any

from allauth.account.stages import LoginStage
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from hospes.accounts.door import actor_of, at_the_door
from hospes.accounts.origins import codes, entering
from hospes.kernel import clock

KEY = "new_place"


class NewPlaceStage(LoginStage):  # type: ignore[misc]  # the library ships no types
    """After the second step, so that who gives one is asked for nothing more."""

    key = KEY
    urlname = "account_new_place"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Go on to the next step, or to the page that asks for the code."""
        person = self.login.user
        if person is None or entering.gave_second_step(self.request, person):
            return None, True
        with at_the_door(self.request):
            if entering.is_known(self.request, person.pk, now=clock.now()):
                return None, True
            self.send()
        return HttpResponseRedirect(reverse(self.urlname)), True

    def send(self) -> None:
        """Have a code mailed, unless there were too many: the page says so."""
        actor, state = actor_of(self.request), self._state()
        try:
            codes.ask(
                state, person_id=self.login.user.pk, ip=actor.ip, browser=actor.browser or "", now=clock.now()
            )
            state.pop("too_many", None)
        except codes.TooMany:
            state["too_many"] = True

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.state
        return state
