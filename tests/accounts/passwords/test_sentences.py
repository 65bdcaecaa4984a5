"""Why a password is refused, in both languages, on every page where one is chosen."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation

from hospes.accounts.passwords.validator import HardToGuess, refuse_weak
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.support import make


def said(password: str, language: str) -> str:
    with translation.override(language), pytest.raises(ValidationError) as refusal:
        refuse_weak(password, [])
    [sentence] = refusal.value.messages
    return str(sentence)


@pytest.mark.parametrize("password", ["kort", "x" * 3 + "y" * 300, "abababababab", "qwerty123456", "welkom123456", "jixaw-hosting"])  # fmt: skip
def test_each_reason_has_a_sentence_of_its_own_in_each_language(password: str) -> None:
    dutch, english = said(password, "nl"), said(password, "en")
    assert dutch != english
    assert all(text.endswith(".") and "%" not in text and password not in text for text in (dutch, english))


def test_the_sentence_counts() -> None:
    assert "4 tekens" in said("kort", "nl")
    assert "1 teken;" in said("k", "nl")
    assert "12" in said("kort", "en")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("{given} {family} 1!", "name"),
        ("{box}2024!!!!!", "e-mail"),
        ("{street}", "address"),
        ("{domain} 22", "domain name"),
        ("nr {number} 2024", "customer number"),
    ],
)
def test_at_the_door_everything_that_is_known_of_a_person_counts(password: str, word: str) -> None:
    person = make.person(given_name="Abeldoris", family_name="Vlierhoeve", email="turfschip@mail.example")
    customer = make.customer(holder=person, street="Kolenbrandersdreef 1234", number=7_391_846)
    make.service(customer=customer, label="drentsekoffiebranders.example")
    known = {
        "given": "abeldoris", "family": "VLIERHOEVE", "box": "turfschip", "street": "kolenbrandersdreef", "domain": "drentsekoffiebranders",
        "number": "7391846",
    }  # fmt: skip
    with acting(Purpose.ACCESS, actor=SYSTEM), translation.override("en"):
        with pytest.raises(ValidationError) as refusal:
            HardToGuess().validate(password.format(**known), person)
        HardToGuess().validate("korenschuur-9-bij-de-brug", person)
    assert f"your {word}" in refusal.value.messages[0]


@pytest.mark.django_db
def test_at_sign_up_what_was_just_filled_in_counts(portal: Client) -> None:
    form = people.business(trade_name="Zuivelhuis Boterberg", password1="zuivelhuis boterberg")
    answer = portal.post("/en/account/signup/", form)
    [sentence] = answer.context["form"].errors["password1"]
    assert "the name of your company" in sentence
    assert portal.post("/en/account/signup/", form | {"password1": people.PASSWORD}).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(("prefix", "word"), [("", "meest gebruikt"), ("/en", "used the most")])
def test_who_changes_a_password_is_told_why_it_will_not_do(
    portal: Client, person: Person, prefix: str, word: str
) -> None:
    people.log_in(portal, person)
    weak = {"oldpassword": people.PASSWORD, "password1": "Wachtwoord2024!", "password2": "Wachtwoord2024!"}
    answer = portal.post(f"{prefix}/account/password/change/", weak)
    assert answer.status_code == 200
    [sentence] = answer.context["form"].errors["password1"]
    assert word in sentence
    assert clock.now()
