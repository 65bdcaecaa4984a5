"""Which payment provider the operator's file chooses, and what comes from the environment."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from hospes.config.payments import PROVIDERS, read_payment_provider, stripe_settings
from hospes.payments.providers import _PROVIDERS


def read(folder: Path, text: str) -> str:
    path = folder / "operator.toml"
    path.write_text(text)
    return read_payment_provider(path)


def test_mollie_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, "") == "mollie"
    assert read(tmp_path, '[payments]\nprovider = "stripe"\n') == "stripe"
    assert read_payment_provider(Path(__file__).parents[2] / "operator.toml") == "mollie"
    assert set(PROVIDERS) == set(_PROVIDERS)


@pytest.mark.parametrize("wrong", ['provider = "bank"', "provider = 1", 'key = "sk_live_x"', "provider = ["])
def test_what_cannot_be_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^operator\.toml: "):
        read(tmp_path, f"[payments]\n{wrong}\n")


def test_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOSPES_STRIPE_URL", "HOSPES_STRIPE_KEY", "HOSPES_STRIPE_NOTICE_SECRET"):
        monkeypatch.delenv(name, raising=False)
    assert stripe_settings() == {"url": "https://api.stripe.com", "key": "", "notice_secrets": ()}
    monkeypatch.setenv("HOSPES_STRIPE_KEY", "sk_test_12345")
    monkeypatch.setenv("HOSPES_STRIPE_NOTICE_SECRET", "whsec_new, whsec_old,")
    assert stripe_settings()["key"] == "sk_test_12345"
    assert stripe_settings()["notice_secrets"] == ("whsec_new", "whsec_old")
