"""Components escape what people wrote, and tie what belongs together."""

import re

import pytest
from django import forms
from django.template import engines
from django.utils import translation

EVIL = '"><script>alert(1)</script>'


def render(text: str, **context: object) -> str:
    with translation.override("en"):
        return engines["django"].from_string(_compiled(text)).render(context)


def _compiled(text: str) -> str:
    from django_cotton.compiler_regex import CottonCompiler

    return str(CottonCompiler().process(text))


@pytest.mark.parametrize(
    "text",
    [
        '<c-page-header title="{{ evil }}" lead="{{ evil }}" back="{{ evil }}" back_label="{{ evil }}" />',
        '<c-page-header :title="evil" :lead="evil" />',
        '<c-card title="{{ evil }}" :lead="evil" id="{{ evil }}">{{ evil }}</c-card>',
        '<c-section :title="evil">{{ evil }}<c-slot name="actions">{{ evil }}</c-slot></c-section>',
        '<c-alert title="{{ evil }}">{{ evil }}</c-alert>',
        '<c-badge :state="evil" />',
        '<c-badge tone="info">{{ evil }}</c-badge>',
        '<c-fact term="{{ evil }}" :note="evil">{{ evil }}</c-fact>',
        '<c-event :what="evil" when="{{ evil }}">{{ evil }}</c-event>',
        '<c-empty :title="evil">{{ evil }}</c-empty>',
        '<c-table caption="{{ evil }}">{{ evil }}</c-table>',
        '<c-button href="{{ evil }}" data-x="{{ evil }}">{{ evil }}</c-button>',
        '<c-button :href="evil" :data-x="evil">x</c-button>',
        '<c-card :data-x="evil" data-y=\'{"a": "{{ evil }}"}\'>x</c-card>',
        '<c-pop label="{{ evil }}">{{ evil }}</c-pop>',
        '<c-icon name="x" label="{{ evil }}" />',
    ],
)
def test_what_people_wrote_cannot_become_markup(text: str) -> None:
    made = render(text, evil=EVIL)
    assert "<script" not in made
    assert not re.search(r'="[^"]*"><script', made)
    assert "&lt;script" in made or "&amp;lt;script" in made or "%3Cscript" in made


@pytest.mark.parametrize("evil", ['" onclick="alert(1)"', "' onclick='alert(1)'", "a\" b' onclick=x"])
def test_a_dynamic_attribute_cannot_become_another_one(evil: str) -> None:
    for text in ('<c-button :data-x="evil">x</c-button>', '<c-button data-x="{{ evil }}">x</c-button>'):
        made = render(text, evil=evil)
        tag = re.sub(r'"[^"]*"', "", made)
        assert "onclick" not in tag


def test_attributes_go_on_to_the_element_and_false_leaves_one_out() -> None:
    made = render(
        """<c-button hx-vals='{"a": 1}' :disabled="no" :hidden="yes" autofocus>x</c-button>""",
        no=False,
        yes=True,
    )
    assert 'hx-vals="{&quot;a&quot;: 1}"' in made
    assert "disabled" not in made
    assert re.search(r" hidden\b(?!=)", made)
    assert "autofocus" in made


class Sample(forms.Form):
    """A field of each layout."""

    name = forms.CharField(
        help_text="As on your invoice.", widget=forms.TextInput(attrs={"placeholder": "Name"})
    )
    note = forms.CharField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    terms = forms.BooleanField(label="I agree")


def test_an_error_and_a_help_text_are_tied_to_their_field() -> None:
    made = render('<c-field :field="form.name" />', form=Sample({}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in made
    assert 'id="id_name_helptext"' in made
    assert 'id="id_name_error"' in made
    assert 'aria-invalid="true"' in made
    assert '<label class="field-label" for="id_name">' in made


def test_a_label_says_what_a_placeholder_would() -> None:
    assert "placeholder" not in render('<c-field :field="form.name" />', form=Sample())


def test_only_what_may_stay_empty_is_marked() -> None:
    assert "(optional)" in render('<c-field :field="form.note" />', form=Sample())
    assert "(optional)" not in render('<c-field :field="form.note" :optional="False" />', form=Sample())
    assert "(optional)" not in render('<c-field :field="form.name" />', form=Sample())


def test_choices_are_a_group_with_a_name_and_its_error() -> None:
    made = render('<c-field :field="form.kind" />', form=Sample({}))
    assert re.search(r'<fieldset[^>]*aria-describedby="\s*id_kind_error"', made)
    assert "<legend" in made


def test_the_summary_of_errors_leads_to_each_field() -> None:
    made = render('<c-form-errors :form="form" />', form=Sample({}))
    assert re.findall(r'href="#([^"]+)"', made) == ["id_name", "id_kind_0", "id_terms"]
    assert 'role="alert"' in made
    assert render('<c-form-errors :form="form" />', form=Sample()).strip() == ""


def test_a_page_without_older_or_newer_ones_has_no_pager() -> None:
    assert render('<c-pager newer="" older="">25</c-pager>').strip() == ""


def test_a_component_takes_nothing_from_the_page_around_it() -> None:
    made = render("<c-card>x</c-card>", title="Of the page", foot="Of the page", id="of-the-page")
    assert "of-the-page" not in made.lower().replace(" ", "-")
