"""What the office itself remembers: which of its forms were carried out, and who was on a work list already today."""

from django.db import models

from hospes.kernel.datamap import technical
from hospes.kernel.purposes import Purpose


class Submission(models.Model):
    """
    A form that was carried out; its key is a hash of what was asked and of a number that the form got when it was shown. Or a
    customer that was shown on a work list; then of who saw whom, what for and on which day (`shown`).
    """

    key = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()

    datamap = technical(
        "key", "at", logins=(),
        purposes={Purpose.CONTRACT.own, Purpose.BILLING.own, Purpose.CONTRACT, Purpose.BILLING, Purpose.SUPPORT},
    )  # fmt: skip
