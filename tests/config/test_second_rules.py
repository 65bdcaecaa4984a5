"""What the operator's file says about text messages and the way back, and what it may not say."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from hospes.config.second import SmsRules, WayBack, read_rules, sms_settings


def read(folder: Path, text: str, section: str = "sms") -> SmsRules | WayBack:
    path = folder / "operator.toml"
    path.write_text(text)
    return read_rules(path, section, SmsRules) if section == "sms" else read_rules(path, section, WayBack)


def test_what_the_file_does_not_say_has_its_default(tmp_path: Path) -> None:
    assert read(tmp_path, "") == SmsRules()
    assert read(tmp_path, "[sms]\nday_cents = 900\n") == SmsRules(day_cents=900)
    assert read(tmp_path, "", "second_step") == WayBack(wait_days=3, staff_wait_hours=1, link_days=7)


def test_the_file_that_ships_is_the_defaults_but_for_the_name() -> None:
    shipped = Path(__file__).parents[2] / "operator.toml"
    assert read_rules(shipped, "sms", SmsRules) == SmsRules(sender="Jixaw")
    assert read_rules(shipped, "second_step", WayBack) == WayBack()


@pytest.mark.parametrize("wrong", [
    "cheap = 1", 'sender = "Far too long a name"', 'sender = "Jixaw!"', 'countries = ["Nederland"]', 'barred = ["0900"]',
    'day_cents = "25"', "day_cents = -1", "part_cents = 1.5", "countries = 5", "day_cents = true",
])  # fmt: skip
def test_what_cannot_be_is_refused_and_named(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^operator\.toml: .*(sms|\[sms\])"):
        read(tmp_path, f"[sms]\n{wrong}\n")


def test_nobody_is_let_in_without_a_wait(tmp_path: Path) -> None:
    for period in ("wait_days", "staff_wait_hours", "link_days"):
        with pytest.raises(ImproperlyConfigured):
            read(tmp_path, f"[second_step]\n{period} = 0\n", "second_step")


def test_a_sender_that_is_not_given_comes_from_the_operators_name() -> None:
    assert sms_settings(1, rules=SmsRules(), operator="Hosting & Zoon B.V.")["sender"] == "Hosting Zoo"
    assert sms_settings(1, rules=SmsRules(), operator="…")["sender"] == "hospes"
    assert sms_settings(1, rules=SmsRules(sender="Jixaw"), operator="X")["sender"] == "Jixaw"
