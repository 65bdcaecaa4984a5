"""Every periodic job of the installation, in one place."""

from procrastinate.contrib.django import app

from hospes.kernel.jobs import rescue_stalled

RESCUE = app.periodic(cron="* * * * *")(app.task(name="kernel.rescue_stalled", pass_context=True)(rescue_stalled))
