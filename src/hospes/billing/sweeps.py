"""Finding what waits to be put on documents."""

from hospes.billing import charging
from hospes.billing.jobs import settle_charges
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose


def find_charges(*, page_size: int = 500) -> int:
    """Have the charges of every customer settled who has any, a page a transaction; returns of how many customers."""
    found, last = 0, 0
    while True:
        with acting(Purpose.BILLING, actor=JOB):
            page = charging.waiting_customers(after=last, limit=page_size)
            for customer_id in page:
                settle_charges.enqueue_once(f"charges:{customer_id}", customer_id=customer_id)
        found += len(page)
        if len(page) < page_size:
            return found
        last = page[-1]
