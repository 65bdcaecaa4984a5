"""The mail catcher over SMTP and HTTP."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from simulators import MailCatcher
from tests.simulators.merchant import http

PIXEL = b"\x89PNG not really"


@pytest.fixture
def catcher() -> Iterator[MailCatcher]:
    with MailCatcher() as sim:
        yield sim


def mail(to: str = "reader@hospes.invalid", subject: str = "Uw factuur – €84,70") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Hospes <no-reply@hospes.invalid>"
    message["To"] = to
    message["Subject"] = subject
    message.set_content("Bevestig: https://portal.invalid/confirm/abc?x=1.\nGroet & dank")
    return message


def rich_mail(picture: bytes = PIXEL) -> EmailMessage:
    message = mail()
    html = (
        '<html><head><title>x</title></head><body><img src="cid:logo@x"><script>1</script>Hallo</body></html>'
    )
    message.add_alternative(html, subtype="html")
    message.get_payload()[1].add_related(picture, "image", "png", cid="<logo@x>")
    message.add_attachment(b"%PDF-1.7 x", maintype="application", subtype="pdf", filename="factuur 1.pdf")
    message.add_attachment(mail(subject="inner"), filename="inner.eml")
    return message


def send(catcher: MailCatcher, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port, timeout=10) as smtp:
        smtp.send_message(message)


def test_a_mail_is_kept_with_its_envelope_and_listed_newest_first(catcher: MailCatcher):
    send(catcher, mail("first@hospes.invalid"))
    send(catcher, mail("second@hospes.invalid", subject="Welkom"))
    listed = http.get(f"{catcher.url}/messages.json").json()
    assert [entry["to"] for entry in listed] == [["second@hospes.invalid"], ["first@hospes.invalid"]]
    assert listed[1]["subject"] == "Uw factuur – €84,70"
    assert listed[1]["from"] == "no-reply@hospes.invalid"
    assert "Groet & dank" in listed[1]["text"]
    some = http.get(f"{catcher.url}/messages.json", params={"to": "FIRST@", "subject": "factuur"}).json()
    assert [entry["id"] for entry in some] == [1]
    assert http.get(f"{catcher.url}/messages.json", params={"subject": "nothing"}).json() == []


def test_a_mail_is_taken_apart(catcher: MailCatcher):
    send(catcher, rich_mail())
    whole = http.get(f"{catcher.url}/messages/1.json").json()
    assert ["Subject", "Uw factuur – €84,70"] in whole["headers"]
    assert "Hallo" in whole["html"]
    kinds = [(part["filename"], part["content_type"]) for part in whole["parts"]]
    assert kinds[1:] == [("factuur 1.pdf", "application/pdf"), ("inner.eml", "message/rfc822")]
    assert kinds[0][1] == "image/png"
    pdf = http.get(whole["parts"][1]["url"])
    assert pdf.content == b"%PDF-1.7 x"
    assert pdf.headers["content-disposition"] == "attachment; filename*=UTF-8''factuur%201.pdf"
    assert b"Subject: inner" in http.get(whole["parts"][2]["url"]).content
    assert http.get(f"{catcher.url}/messages/1.eml").content.startswith(b"From: Hospes")


def test_the_page_makes_links_clickable_and_shows_html_in_a_frame_that_may_do_nothing(catcher: MailCatcher):
    send(catcher, rich_mail())
    page = http.get(f"{catcher.url}/messages/1").text
    assert 'href="https://portal.invalid/confirm/abc?x=1"' in page
    assert "Groet &amp; dank" in page
    assert 'src="/messages/1/html" sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    frame = http.get(f"{catcher.url}/messages/1/html")
    assert '<head><base target="_blank">' in frame.text
    assert 'src="/messages/1/parts/0"' in frame.text
    policy = frame.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy
    assert http.get(f"{catcher.url}/messages/1/parts/0").content == PIXEL


def test_what_is_not_there_is_not_found(catcher: MailCatcher):
    for path in ("messages/1", "messages/1.json", "messages/1/html", "messages/1/parts/0", "elsewhere"):
        assert http.get(f"{catcher.url}/{path}").status_code == 404


def test_a_mail_that_is_hardly_a_mail_does_no_harm(catcher: MailCatcher):
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port, timeout=10) as smtp:
        smtp.sendmail("", ["x@hospes.invalid"], b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe")
        smtp.sendmail("", ["x@hospes.invalid"], b"no header at all")
    assert len(http.get(f"{catcher.url}/messages.json").json()) == 2
    assert "(no subject)" in http.get(catcher.url).text
    assert http.get(f"{catcher.url}/messages/1").status_code == 200


def test_any_login_is_taken(catcher: MailCatcher):
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port, timeout=10) as smtp:
        smtp.login("user", "secret")
        smtp.send_message(mail())
    assert len(catcher.letters()) == 1


@pytest.mark.parametrize("code", [451, 550])
def test_chosen_recipients_are_refused(catcher: MailCatcher, code: int):
    catcher.control.refuse("Full@hospes.invalid", code)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(catcher, mail("full@hospes.invalid"))
    assert refusal.value.recipients["full@hospes.invalid"][0] == code
    send(catcher, mail("other@hospes.invalid"))
    catcher.control.accept("full@hospes.invalid")
    send(catcher, mail("full@hospes.invalid"))
    assert len(catcher.letters()) == 2


def test_everybody_can_be_refused_for_a_while(catcher: MailCatcher):
    http.post(f"{catcher.url}/control/refuse", json={"recipient": "*", "code": 451, "times": 1})
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(catcher, mail())
    send(catcher, mail())
    assert len(catcher.letters()) == 1


def test_the_weather_strikes_mails(catcher: MailCatcher):
    catcher.control.outage(1)
    with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        send(catcher, mail())
    assert refusal.value.smtp_code == 421
    catcher.control.rate_limit(1)
    with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        send(catcher, mail())
    assert refusal.value.smtp_code == 450
    assert catcher.letters() == []
    catcher.control.drop()
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(catcher, mail())
    assert len(catcher.letters()) == 1


def test_mails_survive_a_restart(tmp_path: Path):
    with MailCatcher(state=tmp_path / "mail.sqlite3") as before:
        send(before, mail())
    with MailCatcher(state=tmp_path / "mail.sqlite3") as after:
        assert [letter.subject for letter in after.letters()] == ["Uw factuur – €84,70"]
