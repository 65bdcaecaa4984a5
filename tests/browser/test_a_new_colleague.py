"""A colleague is invited, chooses a password, sets up the app and works; the first administrator comes in by the machine."""

import re
import subprocess
import sys

import pytest

from hospes.cli.places import ROOT
from tests.browser.house import House, fresh_code
from tests.browser.steps import log_in, log_in_staff, press
from tests.browser.windows import Window, Windows, faults

pytestmark = pytest.mark.browser
PASSWORD = "een-wachtwoord-van-haarzelf-17"


def begin(window: Window, house: House, link: str, email: str) -> str:
    """From the link to the office; gives the key of the app."""
    window.go(link)
    assert faults(window) == []
    press(window, "Save the password")
    window.page.wait_for_load_state()
    assert faults(window) == []
    window.page.fill("[name=password1]", PASSWORD)
    window.page.fill("[name=password2]", PASSWORD)
    press(window, "Save the password")
    window.page.wait_for_url("**/account/login/")
    log_in(window, house, email, PASSWORD, face="office")
    window.page.wait_for_url("**/account/2fa/**")
    window.page.locator("a[href$='/totp/activate/']").first.click()
    window.page.wait_for_url("**/2fa/totp/activate/**")
    key = window.page.locator("#authenticator_secret").inner_text().replace(" ", "")
    window.page.fill("[name=code]", fresh_code(key))
    press(window, "Turn on")
    window.page.wait_for_load_state()
    return key


@pytest.mark.parametrize("language", ["nl", "en"])
def test_who_is_invited_comes_in_by_the_link_in_the_mail(
    windows: Windows, house: House, language: str
) -> None:
    email = f"nieuw-{language}@kantoor.example"
    with windows.open(language) as boss:
        log_in_staff(boss, house, house.staff["administrator"])
        boss.go(house.address("office:invite", language, face="office"))
        for name, value in {"email": email, "given_name": "Nieuwe", "family_name": "Collega"}.items():
            boss.page.fill(f"[name={name}]", value)
        boss.page.select_option("[name=language]", language)
        boss.page.get_by_label("technician" if language == "en" else "technicus").check()
        press(boss, "Send the invitation")
        boss.page.wait_for_url("**/medewerkers/")
        assert faults(boss) == []
    link = house.link(email, "/uitnodiging/")
    assert ("/en/" in link) == (language == "en")
    with windows.open(language) as window:
        begin(window, house, link, email)
        window.go(house.address("office:home", language, face="office"))
        assert faults(window) == []
        assert window.go(house.address("office:staff", language, face="office")).status == 404
        assert window.go(link).status == 404
        assert faults(window) == []


def test_the_machine_lets_an_administrator_in(windows: Windows, house: House) -> None:
    email = "eerste@kantoor.example"

    def first(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "hospes", "staff", "first", email, *words],
            env=house.stack.environment("owner"), cwd=ROOT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    refused = first()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--even-so" in refused.stderr
    done = first("--even-so", "--given-name", "Eerste", "--family-name", "Beheerder")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"http://\S+/uitnodiging/\S+/\n", done.stdout)
    with windows.open() as window:
        begin(window, house, done.stdout.strip(), email)
        assert window.go(house.address("office:staff", face="office")).status == 200
        assert "Eerste Beheerder" in window.page.get_by_role("main").inner_text()
