"""
Direct debit by the operator's own bank: the public verbs.

The customer (within their own rows): `sign`, `withdraw`. A colleague: `end`, `call_off`, `download`, `submitted`, `cancel`,
`take_in` (a report of the bank), `put_right`. The clock: `announce`, `make`, `collected`, `lapse` (`sweeps`). Bank statements:
`returned(end_to_end_id=…, code=…, on=…, now=…)` for what came back, `put_right` and `not_put_right` for what went back twice.
"""

from hospes.payments.debits.announcing import NotAnnounced, announce, call_off
from hospes.payments.debits.batches import BatchRefused, cancel, download, make, submitted, take_back_if_over
from hospes.payments.debits.booking import (
    NotPutRight,
    collected,
    not_put_right,
    put_right,
    rejected,
    returned,
)
from hospes.payments.debits.mandates import MandateRefused, end, is_offered, lapse, may_sign, sign, withdraw
from hospes.payments.debits.reports import ReportRefused, take_in

__all__ = [
    "BatchRefused",
    "MandateRefused",
    "NotAnnounced",
    "NotPutRight",
    "ReportRefused",
    "announce",
    "call_off",
    "cancel",
    "collected",
    "download",
    "end",
    "is_offered",
    "lapse",
    "make",
    "may_sign",
    "not_put_right",
    "put_right",
    "rejected",
    "returned",
    "sign",
    "submitted",
    "take_back_if_over",
    "take_in",
    "withdraw",
]
