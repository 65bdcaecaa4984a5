"""Every periodic job of the installation, in one place."""

from procrastinate.contrib.django import app

from hospes.accounts import jobs as accounts
from hospes.billing import jobs as billing
from hospes.billing.einvoices import jobs as einvoices
from hospes.billing.ledger import jobs as ledger
from hospes.billing.run import jobs as billing_run
from hospes.kernel.jobs import rescue_stalled
from hospes.messaging import jobs as messaging
from hospes.payments import jobs as payments
from hospes.payments.balances import jobs as balances
from hospes.payments.bank import jobs as bank
from hospes.payments.chargebacks import jobs as chargebacks
from hospes.payments.collecting import jobs as collecting
from hospes.payments.debits import jobs as debits
from hospes.payments.reconciling import jobs as reconciling
from hospes.sales import jobs as sales
from hospes.services import jobs as services

app.periodic(cron="* * * * * */5")(
    app.task(name="kernel.rescue_stalled", queue="upkeep", pass_context=True)(rescue_stalled)
)
payments.sweep.every("*/2 * * * *")
einvoices.sweep.every("* * * * *")
einvoices.sweep_addresses.every("*/5 * * * *")
billing.sweep_vat_numbers.every("* * * * * */15")
billing.sweep_exemptions.every("*/10 * * * *")
billing.sweep_charges.every("* * * * * */20")
messaging.sweep_texts.every("* * * * * */20")
accounts.clear_sessions.every("7 * * * *")
accounts.clear_tries.every("37 * * * *")
accounts.clear_codes.every("47 * * * *")
accounts.remind_of_releases.every("* * * * *")
accounts.clear_where_from.every("53 * * * *")
services.day_begins.every("*/10 * * * *")
sales.sweep_carts.every("23 3 * * *")
billing_run.run_of_today.every("7 2 * * *")
sales.sweep_quotes.every("41 5 * * *")
billing_run.tell_of_renewals.every("17 6 * * *")
ledger.keep_up.every("13 1 * * *")
payments.sweep_unpaid.every("29 6 * * *")
payments.sweep_refunds.every("* * * * * */30")
payments.book_missing.every("19 1 * * *")
payments.sweep_paid_back.every("47 5 * * *")
bank.match_lines.every("1-59/3 * * * *")
debits.day_begins.every("31 6 * * *")
debits.keep_up.every("* * * * *")
chargebacks.sweep.every("31 */4 * * *")
collecting.sweep.every("*/10 * * * *")
balances.sweep.every("* * * * *")
reconciling.reconcile.every("29 4-23 * * *")
