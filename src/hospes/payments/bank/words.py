"""What bank lines are called, and why something is proposed, for who looks at them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.payments.bank.rules import Why

#: What speaks for a proposal, or against it.
WHY: dict[Why, Promise] = {
    Why.STRUCTURED: _("the payment reference is the invoice number"),
    Why.NUMBER: _("the number stands in the description"),
    Why.BARE_NUMBER: _("the digits of the number stand in the description"),
    Why.AMOUNT: _("the amount is right to the cent"),
    Why.ACCOUNT: _("this customer used this account before"),
    Why.NAME: _("the name fits"),
    Why.CUSTOMER_NUMBER: _("the customer number stands in the description"),
    Why.END_TO_END: _("the reference is that of the earlier payment"),
    Why.OTHER_ACCOUNT: _("but: another customer used this account before"),
    Why.SEVERAL: _("but: something else fits as well"),
    Why.PART: _("it is a part of what is open"),
    Why.MORE: _("it is more than is open"),
    Why.PAID_ALREADY: _("that invoice was paid already"),
    Why.OUR_ACCOUNT: _("the other account is ours as well"),
    Why.PROVIDER: _("it comes from the payment provider"),
    Why.BY_HAND: _("said by a colleague"),
}

#: Why something came back, by the codes of ISO 20022 that banks use most (external return reasons).
RETURNS: dict[str, Promise] = {
    "AC01": _("the account number is wrong"), "AC04": _("the account was closed"), "AC06": _("the account is blocked"),
    "AC13": _("the account is a consumer's, and this was for companies"), "AG01": _("the account does not allow this"),
    "AG02": _("the bank does not know this kind of payment"), "AM04": _("there was not enough money on the account"),
    "AM05": _("it was sent twice"), "BE04": _("the address is missing"), "CNOR": _("the bank is not known"),
    "DNOR": _("the bank is not known"), "FOCR": _("it was asked back by the sender"), "FF01": _("the file was not right"),
    "MD01": _("there is no mandate"), "MD02": _("details of the mandate are missing"), "MD06": _("the payer asked it back"),
    "MD07": _("the account holder has died"), "MS02": _("the account holder does not want it"),
    "MS03": _("the bank gives no reason"), "RC01": _("the BIC is wrong"), "RR01": _("details of the payer are missing"),
    "RR04": _("for a reason of the law"), "SL01": _("a service of the payer's bank"), "TM01": _("it came too late"),
}  # fmt: skip


def return_words(code: str) -> str:
    """Why something came back; the bare code when it is one that we do not know."""
    return f"{code}: {RETURNS[code]}" if code in RETURNS else code
