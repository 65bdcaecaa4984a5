from django.db import migrations

#: Reason codes of direct debits (ISO 20022 external codes, as EPC173-14 advises their use), and what is done.
CODES = (
    ("AC01", "end_mandate", "het rekeningnummer klopt niet", "the account number is not right"),
    ("AC04", "end_mandate", "de rekening is opgeheven", "the account was closed"),
    ("AC06", "end_mandate", "de rekening is geblokkeerd", "the account is blocked"),
    ("AC13", "end_mandate", "van deze rekening kan zo niet worden geïncasseerd", "this account cannot be collected from like this"),
    ("AG01", "end_mandate", "van deze rekening mag niet worden geïncasseerd", "no direct debit is allowed from this account"),
    ("AG02", "stop", "de bank kent deze soort incasso niet", "the bank does not know this kind of direct debit"),
    ("AM04", "retry", "er stond niet genoeg geld op de rekening", "there was not enough money in the account"),
    ("AM05", "stop", "dezelfde incasso is al gedaan", "the same was collected before"),
    ("BE05", "stop", "de incassant klopt niet", "the creditor is not right"),
    ("CNOR", "stop", "onze bank doet hier niet aan mee", "our bank does not take part in this"),
    ("DNOR", "end_mandate", "de bank van de klant doet hier niet aan mee", "the customer's bank does not take part in this"),
    ("ED05", "retry", "de verrekening tussen de banken is mislukt", "the settlement between the banks failed"),
    ("FF01", "stop", "het bestand klopt niet", "the file is not right"),
    ("FF05", "stop", "de bank kent deze soort incasso niet", "the bank does not know this kind of direct debit"),
    ("MD01", "end_mandate", "de bank kent geen geldige machtiging", "the bank knows no valid mandate"),
    ("MD02", "stop", "gegevens van de machtiging kloppen niet", "details of the mandate are not right"),
    ("MD06", "stop", "de rekeninghouder heeft het laten terugboeken", "the account holder asked for the money back"),
    ("MD07", "end_mandate", "de rekeninghouder is overleden", "the account holder died"),
    ("MS02", "stop", "de rekeninghouder heeft het geweigerd", "the account holder refused it"),
    ("MS03", "stop", "de bank zegt niet waarom", "the bank does not say why"),
    ("RC01", "stop", "de bank van de klant is onbekend", "the customer's bank is not known"),
    ("RR01", "stop", "er ontbreken gegevens die de wet vraagt", "details are missing that the law asks for"),
    ("RR02", "stop", "er ontbreken gegevens die de wet vraagt", "details are missing that the law asks for"),
    ("RR03", "stop", "er ontbreken gegevens die de wet vraagt", "details are missing that the law asks for"),
    ("RR04", "stop", "de wet staat het niet toe", "the law does not allow it"),
    ("SL01", "end_mandate", "de rekeninghouder laat incasso’s van ons niet toe", "the account holder does not allow our direct debits"),
    ("TM01", "retry", "het kwam te laat bij de bank", "it reached the bank too late"),
)


def add(apps, schema_editor):
    reason = apps.get_model("debits", "ReasonCode")
    reason.objects.bulk_create(
        reason(code=code, then=then, name_nl=nl, name_en=en) for code, then, nl, en in CODES
    )


class Migration(migrations.Migration):
    dependencies = [("debits", "0002_guards")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
