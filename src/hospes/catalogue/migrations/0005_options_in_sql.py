from django.db import migrations

from hospes.catalogue.twin import INSTALL_OPTIONS, REMOVE_OPTIONS

#: Who keeps the catalogue, and nobody else, says what a registry gets; once said, it stays.
GUARD = """
CREATE TRIGGER guard_catalogue BEFORE INSERT OR DELETE OR UPDATE ON public.catalogue_registrynotice
  FOR EACH ROW EXECUTE FUNCTION public.catalogue_guard();
"""
NO_GUARD = "DROP TRIGGER guard_catalogue ON catalogue_registrynotice;"


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0004_options_limits_and_registries")]
    operations = [migrations.RunSQL(INSTALL_OPTIONS, REMOVE_OPTIONS), migrations.RunSQL(GUARD, NO_GUARD)]
