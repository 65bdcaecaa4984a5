"""A page that waits for something looks by itself whether it happened: often at first, then less, and not for ever."""

from dataclasses import dataclass

from django.http import HttpRequest

#: How many looks are quick, how many there are at all, and the seconds before a quick and a slow one: about nine minutes.
QUICK, MOST = 10, 60
QUICK_SECONDS, SLOW_SECONDS = 2, 10


@dataclass(frozen=True)
class Look:
    """The next look of a page that waits."""

    n: int
    seconds: int

    @property
    def again(self) -> bool:
        """Whether there is a next one."""
        return self.seconds > 0


def next_look(request: HttpRequest) -> Look:
    """
    When the page looks again; its address says (`n`) how often it did.

    Never by itself for a colleague who sees as the customer sees: each look is in the journal.
    """
    if getattr(request, "viewing", None):
        return Look(0, 0)
    text = request.GET.get("n", "")
    done = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    if done >= MOST:
        return Look(done, 0)
    return Look(done + 1, QUICK_SECONDS if done < QUICK else SLOW_SECONDS)
