"""What the mails say, in both languages, as they arrive."""

import hashlib
import re
import subprocess
import sys
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from hospes.billing import pay_links
from hospes.billing.mails import FileChanged
from hospes.customers.models import Customer, Person
from hospes.kernel.acting import JOB, acting
from hospes.kernel.outside import file_stores
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging import rendering, services
from hospes.messaging.models import Message
from simulators import MailCatcher
from simulators.mail.letter import Letter
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

LATER = NOW + timedelta(minutes=5)
PORTAL = django_settings.HOSPES_PORTAL_URL
NBSP = "\N{NO-BREAK SPACE}"


def mailed(catcher: MailCatcher, kind: str, **words: Any) -> Letter:
    """Have a message sent and return the mail that arrived."""
    message = make.message(kind=kind, **words)
    services.deliver(message_id=message.pk, now=LATER)
    with as_owner():
        assert Message.objects.get(pk=message.pk).state == "sent"
    letter, *_ = catcher.letters()
    assert "{{" not in letter.html + letter.text
    assert "{%" not in letter.html + letter.text
    assert not re.search(
        r"(src|href)=\"https?://(?!127\.0\.0\.1|localhost)", letter.html
    )  # nothing is fetched from anywhere
    assert "fonts.googleapis" not in letter.html
    return letter


def body(letter: Letter) -> list[str]:
    """The lines of the plain text above the closing."""
    text = letter.text.replace("\r\n", "\n")
    return [
        line for line in re.split(r"\n(?:Met vriendelijke groet|Kind regards)", text)[0].split("\n") if line
    ]


def visible(letter: Letter) -> str:
    """What one reads of the HTML."""
    html = re.sub(r"<(style|title)\b.*?</\1>", " ", letter.html, flags=re.DOTALL)
    html = re.sub(r"<!--.*?-->", " ", html, flags=re.DOTALL)
    return re.sub(r"[ \r\n\t]+", " ", re.sub(r"<[^>]+>", " ", html))


# --- the invoice ------------------------------------------------------------------------------------------------------


def invoice(tmp_path: Path, settings: Any, *, language: str = "nl", **words: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path
    holder = make.person(given_name="Anna", family_name="Dronkel", language=language)
    customer = make.customer(holder=holder, number=10_042)
    made = make.invoice(
        customer=customer, number="F2026-00017", language=language, with_document=True, **words
    )
    pdf = b"%PDF-1.7 an invoice"
    with as_owner():
        document = made.document
        document.sha256 = hashlib.sha256(pdf).hexdigest()
        document.save(update_fields=["sha256"])
    (tmp_path / document.path).parent.mkdir(parents=True)
    (tmp_path / document.path).write_bytes(pdf)
    return made


def test_an_invoice_that_was_paid_asks_nothing(catcher: MailCatcher, tmp_path: Path, settings: Any) -> None:
    made = invoice(tmp_path, settings, paid_cents=9075, paid_at=NOW, paid_with="ideal")
    letter = mailed(catcher, "billing.invoice", customer=made.customer, about_id=made.pk)
    assert letter.subject == "Factuur F2026-00017 van Jixaw websolutions"
    assert body(letter) == [
        "Beste Anna Dronkel,",
        f"Uw factuur F2026-00017 is €{NBSP}90,75.",
        "U hoeft niets te doen: deze factuur is op 2 maart 2026 betaald met iDEAL | Wero.",
        f"Bekijk uw factuur: {PORTAL}/k/10042/facturen/F2026-00017/",
        "De factuur zit als pdf bij deze mail. De e-factuur (UBL) voor uw boekhouding zit daarin.",
    ]
    read = visible(letter)
    assert "U hoeft niets te doen: deze factuur is op 2 maart 2026 betaald met iDEAL | Wero." in read
    assert "NL91ABNA0417164300" not in read + letter.text
    assert f'href="{PORTAL}/k/10042/facturen/F2026-00017/"' in letter.html
    (part,) = letter.parts
    assert (part.filename, part.content_type, part.content) == (
        "F2026-00017.pdf",
        "application/pdf",
        b"%PDF-1.7 an invoice",
    )


def test_an_invoice_that_is_open_says_how_to_pay_until_when(
    catcher: MailCatcher, tmp_path: Path, settings: Any
) -> None:
    made = invoice(tmp_path, settings)
    letter = mailed(catcher, "billing.invoice", customer=made.customer, about_id=made.pk)
    [link] = [each for each in body(letter) if each.startswith(f"Betaal €{NBSP}90,75: {PORTAL}/betalen/")]
    token = link.rsplit("/", 2)[1]
    assert f'href="{PORTAL}/betalen/' in letter.html
    opened = pay_links.opened(token, today=made.due_on)
    assert opened is not None
    assert (opened.invoice_id, opened.customer_id) == (made.pk, made.customer_id)
    assert [each for each in body(letter) if each != link] == [
        "Beste Anna Dronkel,",
        f"Uw factuur F2026-00017 is €{NBSP}90,75.",
        f"Wilt u €{NBSP}90,75 uiterlijk 16 maart 2026 betalen?",
        f"Bedrag: €{NBSP}90,75",
        "Rekeningnummer: NL91ABNA0417164300",
        "Op naam van: Jixaw websolutions",
        "Vermeld daarbij: F2026-00017",
        "Voor deze link hoeft niemand in te loggen, en op de pagina staat niets over u: u kunt hem doorsturen naar wie betaalt,"
        " zoals uw boekhouder.",
        f"Bekijk uw factuur: {PORTAL}/k/10042/facturen/F2026-00017/",
        "De factuur zit als pdf bij deze mail. De e-factuur (UBL) voor uw boekhouding zit daarin.",
    ]
    assert "NL91ABNA0417164300" in visible(letter)


def test_an_invoice_in_english(catcher: MailCatcher, tmp_path: Path, settings: Any) -> None:
    made = invoice(tmp_path, settings, language="en", paid_cents=1000)
    letter = mailed(catcher, "billing.invoice", customer=made.customer, about_id=made.pk)
    assert letter.subject == "Invoice F2026-00017 from Jixaw websolutions"
    assert letter.message["Content-Language"] == "en"
    assert body(letter)[:3] == [
        "Dear Anna Dronkel,",
        "Your invoice F2026-00017 is for €90.75.",
        "We received €10.00. Please pay the other €80.75 by 16 March 2026.",
    ]
    assert f"See your invoice: {PORTAL}/en/k/10042/facturen/F2026-00017/" in body(letter)


def test_an_invoice_of_nothing(catcher: MailCatcher, tmp_path: Path, settings: Any) -> None:
    made = invoice(tmp_path, settings, lines=[(1, 0)])
    letter = mailed(catcher, "billing.invoice", customer=made.customer, about_id=made.pk)
    assert body(letter)[2] == "U hoeft niets te doen: er is niets te betalen."
    assert "Rekeningnummer" not in letter.text


def test_a_file_that_was_changed_does_not_leave(catcher: MailCatcher, tmp_path: Path, settings: Any) -> None:
    made = invoice(tmp_path, settings)
    (tmp_path / made.document.path).write_bytes(b"%PDF-1.7 another")
    message = make.message(kind="billing.invoice", customer=made.customer, about_id=made.pk)
    with pytest.raises(FileChanged):
        services.deliver(message_id=message.pk, now=LATER)
    assert catcher.letters() == []


def test_an_invoice_keeps_its_name_and_number_and_goes_to_the_address_of_now(
    catcher: MailCatcher, tmp_path: Path, settings: Any
) -> None:
    made = invoice(tmp_path, settings)
    with as_owner():
        Person.objects.filter(pk=make.holder_of(made.customer).pk).update(family_name="Vermeulen")
        Customer.objects.filter(pk=made.customer_id).update(
            name="Anna Vermeulen", invoice_email="nu@example.com"
        )
    letter = mailed(catcher, "billing.invoice", customer=made.customer, about_id=made.pk)
    assert letter.recipients == ("nu@example.com",)
    assert body(letter)[:2] == [
        "Beste Anna Vermeulen,",
        f"Uw factuur F2026-00017 is €{NBSP}90,75. De factuur staat op naam van Anna Dronkel.",
    ]
    assert "De factuur staat op naam van Anna Dronkel." in visible(letter)
    assert letter.parts[0].content == b"%PDF-1.7 an invoice"


def test_the_purpose_of_messages_may_open_the_file_and_not_read_where_the_buyer_lives(
    tmp_path: Path, settings: Any
) -> None:
    made = invoice(tmp_path, settings)
    assert Purpose.MESSAGES in file_stores["invoices"].purposes
    with pytest.raises(Refused, match="buyer_street"), acting(Purpose.MESSAGES, actor=JOB):
        type(made).objects.values_list("buyer_street").get(pk=made.pk)


# --- the order --------------------------------------------------------------------------------------------------------


def order(*, language: str = "nl", **words: Any) -> Any:
    holder = make.person(given_name="Anna", family_name="Dronkel", language=language)
    customer = make.customer(holder=holder, number=10_042)
    product = make.product(name_nl="Hosting Klein", name_en="Hosting Small")
    made = make.order(
        customer=customer,
        quote=make.quote(customer=customer, product=product, net_cents=7500),
        number="O2026-00003",
        **words,
    )
    with as_owner():
        made.quote.lines.update(label="dronkel.test", description="Hosting Klein")
    return made


def test_an_order_that_is_to_be_paid(catcher: MailCatcher) -> None:
    made = order()
    letter = mailed(
        catcher, "sales.order_received", person=made.person, customer=made.customer, about_id=made.pk
    )
    assert letter.subject == "Wij hebben uw bestelling O2026-00003 ontvangen"
    assert letter.recipients == (made.person.email,)
    assert body(letter) == [
        "Beste Anna Dronkel,",
        "Bedankt voor uw bestelling.",
        "Wij ontvingen uw bestelling O2026-00003 op 2 maart 2026.",
        "De volgende stap is uw betaling. Zodra die binnen is, maken wij uw bestelling in orde en sturen wij u de factuur."
        " U hoort bij elke stap van ons. U kunt betalen tot en met 16 maart 2026; daarna wordt de bestelling vanzelf geannuleerd.",
        f"- Hosting Klein, dronkel.test, voor 12 maanden: €{NBSP}75,00",
        f"Totaal zonder btw: €{NBSP}75,00",
        f"Btw: €{NBSP}15,75",
        f"Totaal: €{NBSP}90,75",
        f"Bekijk uw bestelling en betaal: {PORTAL}/k/10042/bestellingen/O2026-00003/",
    ]
    read = visible(letter)
    assert "Hosting Klein, dronkel.test voor 12 maanden" in read
    assert f"Totaal €{NBSP}90,75" in read


def test_an_order_that_was_paid_before_the_mail_left(catcher: MailCatcher) -> None:
    made = order(language="en", paid=True)
    letter = mailed(
        catcher, "sales.order_received", person=made.person, customer=made.customer, about_id=made.pk
    )
    assert letter.subject == "We have received your order O2026-00003"
    assert "Your payment has come in. We are setting up your order; you get a mail when it is ready." in body(
        letter
    )
    assert f"See your order: {PORTAL}/en/k/10042/bestellingen/O2026-00003/" in body(letter)
    assert "for 12 months: €75.00" in letter.text


# --- an order that is not paid ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "words", "subject", "said", "leads"), [
    ("reminder", {"pay_until": "2026-03-16"}, "Uw bestelling O2026-00003 is nog niet betaald",
     f"de betaling van €{NBSP}90,75 is nog niet binnen. U kunt betalen tot en met 16 maart 2026.",
     f"Bekijk uw bestelling en betaal: {PORTAL}/k/10042/bestellingen/O2026-00003/"),
    ("cancelled", {"cancelled_why": "unpaid"}, "Uw bestelling O2026-00003 is geannuleerd", "niet op tijd betaald",
     f"Opnieuw bestellen: {PORTAL}/"),
    ("cancelled", {"cancelled_why": "customer"}, "Uw bestelling O2026-00003 is geannuleerd", "U, of iemand met toegang",
     f"Opnieuw bestellen: {PORTAL}/"),
    ("cancelled", {"cancelled_why": "staff", "cancel_reason": "Op <b>verzoek</b>"}, "Uw bestelling O2026-00003 is geannuleerd",
     "Wat onze collega erbij schreef: Op <b>verzoek</b>", f"Opnieuw bestellen: {PORTAL}/"),
    ("revived", {}, "Uw bestelling O2026-00003 gaat toch door", "wij gaan ermee aan de slag",
     f"Bekijk uw bestelling: {PORTAL}/k/10042/bestellingen/O2026-00003/"),
    ("paid_late", {"cancelled_why": "customer"}, "Wij betalen terug wat u voor bestelling O2026-00003 betaalde",
     "Wij betalen het geld binnen veertien dagen terug", f"Opnieuw bestellen: {PORTAL}/"),
], ids=["reminder", "nobody-paid", "by-the-customer", "by-us", "revived", "paid-late"])  # fmt: skip
def test_an_order_that_was_not_paid(
    catcher: MailCatcher, kind: str, words: dict[str, Any], subject: str, said: str, leads: str
) -> None:
    made = order()
    with as_owner():
        type(made).objects.filter(pk=made.pk).update(**words)
    letter = mailed(catcher, f"sales.order_{kind}", customer=made.customer, about_id=made.pk)
    assert letter.subject == subject
    assert said in letter.text
    assert leads in letter.text
    assert ("- Hosting Klein, dronkel.test" in letter.text) is (kind != "paid_late")
    assert said in unescape(visible(letter))
    assert "<b>" not in letter.html


@pytest.mark.parametrize("kind", ["reminder", "cancelled", "revived", "paid_late"])
def test_an_order_that_was_not_paid_in_english(catcher: MailCatcher, kind: str) -> None:
    made = order(language="en")
    with as_owner():
        type(made).objects.filter(pk=made.pk).update(pay_until="2026-03-16", cancelled_why="unpaid")
    letter = mailed(catcher, f"sales.order_{kind}", customer=made.customer, about_id=made.pk)
    assert "O2026-00003" in letter.subject
    assert letter.subject.startswith(("Your order", "We pay back"))
    assert letter.text.startswith("Dear Anna Dronkel,")


# --- the service ------------------------------------------------------------------------------------------------------


def service(*, language: str = "nl", state: str = "active") -> Any:
    holder = make.person(given_name="Anna", family_name="Dronkel", language=language)
    customer = make.customer(holder=holder, number=10_042)
    product = make.product(name_nl="Hosting Klein", name_en="Hosting Small")
    made = make.service(customer=customer, product=product, label="dronkel.test", state=state)
    words = {"made_at": None, "refusal": "Cannot Create Account: jargon"} if state == "refused" else {}
    make.hosting_account(service=made, username="dronkel", password=b"sealed-secret", **words)
    return made


def test_hosting_that_is_ready(catcher: MailCatcher) -> None:
    made = service()
    letter = mailed(catcher, "services.active", customer=made.customer, about_id=made.pk)
    assert letter.subject == "dronkel.test is klaar"
    assert body(letter) == [
        "Beste Anna Dronkel,",
        "Uw hosting is klaar.",
        "Hosting Klein voor dronkel.test werkt vanaf nu. Het wordt op 2 maart 2027 verlengd.",
        "Domeinnaam: dronkel.test",
        "Gebruikersnaam: dronkel",
        f"Inloggen op: {django_settings.HOSPES_PANEL['url']}",
        "Voor uw veiligheid staat er geen wachtwoord in deze mail.",
        f"Naar uw hosting: {PORTAL}/k/10042/diensten/{made.pk}/",
    ]
    assert b"sealed-secret" not in letter.raw
    assert "dronkel" in visible(letter)


def test_hosting_that_is_ready_in_english(catcher: MailCatcher) -> None:
    made = service(language="en")
    letter = mailed(catcher, "services.active", customer=made.customer, about_id=made.pk)
    assert letter.subject == "dronkel.test is ready"
    assert body(letter)[:3] == [
        "Dear Anna Dronkel,",
        "Your hosting is ready.",
        "Hosting Small for dronkel.test works from now on. It renews on 2 March 2027.",
    ]


def test_hosting_that_could_not_be_set_up_says_what_happens_now_and_not_why(catcher: MailCatcher) -> None:
    made = service(state="refused")
    letter = mailed(catcher, "services.refused", customer=made.customer, about_id=made.pk)
    assert letter.subject == "Wij kijken naar dronkel.test"
    assert body(letter) == [
        "Beste Anna Dronkel,",
        "Wij konden Hosting Klein voor dronkel.test niet meteen inrichten.",
        "Een collega kijkt ernaar, en u hoort van ons. U hoeft niets te doen.",
        "Lukt het niet onder deze naam, dan kiest u: een andere naam, of het gaat niet door en u krijgt terug wat u ervoor "
        "betaalde.",
        f"Bekijk hoe het ermee staat: {PORTAL}/k/10042/diensten/{made.pk}/",
    ]
    assert "jargon" not in letter.text + letter.html
    assert "Een collega kijkt ernaar" in visible(letter)


# --- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.promise("P01")
@pytest.mark.parametrize(
    "kind", ["billing.invoice", "sales.order_received", "services.active", "services.refused"]
)
@pytest.mark.parametrize(
    ("language", "greeting"), [("nl", "Beste Anna Dronkel,"), ("en", "Dear Anna Dronkel,")]
)
def test_mails_open_with_the_name_and_never_with_a_number(
    catcher: MailCatcher, tmp_path: Path, settings: Any, kind: str, language: str, greeting: str
) -> None:
    about = {
        "billing.invoice": lambda: invoice(tmp_path, settings, language=language),
        "sales.order_received": lambda: order(language=language),
        "services.active": lambda: service(language=language),
        "services.refused": lambda: service(language=language, state="refused"),
    }[kind]()
    letter = mailed(catcher, kind, customer=about.customer, about_id=about.pk)
    assert letter.text.startswith(greeting)
    assert greeting in visible(letter)
    without_links = re.sub(r"https?://\S+", "", letter.text + visible(letter))
    assert "10042" not in without_links
    assert f'lang="{language}"' in letter.html


def test_what_a_customer_typed_is_text_and_no_markup(catcher: MailCatcher) -> None:
    holder = make.person(given_name="<img src=x>", family_name="& Zn 'bv' {{ name }}")
    made = make.service(
        customer=make.customer(holder=holder), label="<script>.test", product=make.product(name_nl="A & B")
    )
    message = make.message(kind="services.active", customer=made.customer, about_id=made.pk)
    services.deliver(message_id=message.pk, now=LATER)
    (letter,) = catcher.letters()
    assert letter.text.startswith("Beste <img src=x> & Zn 'bv' {{ name }},")
    assert "<script" not in letter.html
    assert "<img" not in letter.html
    assert "&lt;script&gt;.test" in letter.html
    assert "A &amp; B voor" in letter.html
    assert "&amp;amp;" not in letter.html
    assert "&amp;#x27;" not in letter.html


def test_no_font_is_fetched_whatever_the_template_names(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '<mjml><mj-body><mj-text font-family="Roboto">Dag</mj-text></mj-body></mjml>'
    monkeypatch.setattr(rendering, "_filled", lambda template, context, escape: text)
    assert "fonts." not in rendering._html("mail/any.mjml", {})


@pytest.mark.promise("P44")
def test_what_leaves_is_on_the_map_from_the_start() -> None:
    """Whoever reads the map must not have to have sent something first."""
    code = "import django; django.setup(); from hospes.kernel.outside import payloads; print(*sorted(a for _, a in payloads))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"account.create", "message.send", "payment.create", "text.send"} <= set(done.stdout.split())


def test_every_kind_has_its_templates() -> None:
    assert {"billing.invoice", "sales.order_received", "services.active"} <= set(rendering.kinds())
