"""
The outside world on one machine: payment provider, SMS gateway, mail catcher, hosting panel, Peppol access point,
check of VAT numbers and domain registries.

Each simulator speaks the wire protocol of the real thing, keeps its state in an SQLite file and can be
made unpleasant (outages, slow answers, lost connections, notices that come twice, late or never). They know
nothing of the program that talks to them and import nothing from it.

    python -m simulators            all of them, on the ports that follow from HOSPES_PORT_BASE

    with PaymentProvider(port=0, state=path) as sim:        one of them, in a test
        sim.url, sim.control.settle("tr_…", "paid")
"""

from simulators.mail.catcher import MailCatcher
from simulators.panel.panel import HostingPanel
from simulators.payments.provider import PaymentProvider
from simulators.peppol.accesspoint import PeppolAccessPoint
from simulators.rdap.registry import DomainRegistry
from simulators.sms.gateway import SmsGateway
from simulators.stripe.provider import StripeProvider
from simulators.vies.register import VatNumberCheck

__all__ = [
    "DomainRegistry",
    "HostingPanel",
    "MailCatcher",
    "PaymentProvider",
    "PeppolAccessPoint",
    "SmsGateway",
    "StripeProvider",
    "VatNumberCheck",
]
