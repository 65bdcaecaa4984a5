import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE TRIGGER guard_catalogue BEFORE INSERT OR DELETE OR UPDATE ON public.catalogue_productvat
  FOR EACH ROW EXECUTE FUNCTION public.catalogue_guard();
-- Which kind of VAT rate a product has on a day, as catalogue.queries.vat_code has it: for what the database checks by itself.
CREATE FUNCTION catalogue_vat_code(product bigint, day date) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT v.code FROM public.catalogue_productvat v
                    WHERE v.product_id = product AND v.withdrawn_at IS NULL AND v.valid_from <= day
                    ORDER BY v.valid_from DESC LIMIT 1), 'standard')
$$;
REVOKE ALL ON FUNCTION catalogue_vat_code(bigint, date) FROM PUBLIC;
"""
NO_GUARD = """
DROP FUNCTION catalogue_vat_code(bigint, date);
DROP TRIGGER guard_catalogue ON catalogue_productvat;
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0008_history_of_rules")]
    operations = [
        migrations.CreateModel(
            name="ProductVat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(
                    choices=[("standard", "standard rate"), ("reduced", "reduced rate"), ("zero", "zero rate")], max_length=12)),
                ("valid_from", models.DateField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("product", models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="vat_codes", to="catalogue.product")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)), fields=("product", "valid_from"),
                        name="one_vat_code_per_product_and_day"),
                    models.CheckConstraint(
                        condition=models.Q(("code__in", ["reduced", "standard", "zero"])), name="product_has_a_known_vat_code"),
                ],
            },
        ),
        migrations.AlterField(
            model_name="cataloguechange",
            name="what",
            field=models.CharField(
                choices=[
                    ("group", "group"), ("product", "product"), ("price", "price"), ("option", "option"), ("choice", "choice"),
                    ("choice_price", "price of a choice"), ("promotion", "promotion code"), ("notice", "what a registry gets"),
                    ("product_vat", "VAT of a product"), ("vat_rate", "VAT rate"),
                    ("oss_threshold", "threshold of the one-stop shop"), ("book_years", "book year"),
                ],
                max_length=15,
                verbose_name="what",
            ),
        ),
        migrations.RunSQL(GUARD, NO_GUARD),
    ]
