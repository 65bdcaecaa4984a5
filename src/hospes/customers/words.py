"""
The words that somebody is found by: those of a name, folded so that "Müller-de Vries" is found by "muller" and by "vries".

A search under row policies can use an index only with operators that PostgreSQL knows to be leakproof, which LIKE and the
trigram operators are not; the beginning of a word in a column of its own is (`^@`). So the words stand in tables beside
the names. A trigger keeps them, with its owner's rights: no purpose can write them, and what is renamed, emptied or deleted
is found by its old name no longer.
"""

import re
import string
import unicodedata
from typing import Final

#: A shorter word finds nothing: it would find everybody.
SHORTEST: Final = 2
LONGEST: Final = 80

_APART: Final = str.maketrans(dict.fromkeys(string.punctuation, " "))
_MARKS: Final = re.compile("[\u0300-\u036f]")


def folded(text: str) -> list[str]:
    """The words of a text in lower case without accents, each once, in their order; the same as `customers_folded` in SQL."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text)).lower()
    words = (word[:LONGEST] for word in bare.translate(_APART).split())
    return list(dict.fromkeys(word for word in words if len(word) >= SHORTEST))


_PUNCTUATION: Final = string.punctuation.replace("'", "''")

INSTALL: Final = f"""
CREATE OR REPLACE FUNCTION public.customers_folded(name text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
  SELECT DISTINCT left(word, {LONGEST})
    FROM regexp_split_to_table(
           translate(lower(regexp_replace(normalize(name, NFKD), '[\\u0300-\\u036f]', '', 'g')),
                     '{_PUNCTUATION}', repeat(' ', {len(string.punctuation)})),
           '\\s+') AS word
   WHERE length(word) >= {SHORTEST}
$$;
REVOKE ALL ON FUNCTION public.customers_folded(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION public.customers_keep_words() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_TABLE_NAME = 'customers_customer' THEN
    IF TG_OP <> 'INSERT' THEN
      DELETE FROM public.customers_customerword WHERE customer_id = OLD.id;
    END IF;
    IF TG_OP = 'INSERT' THEN
      INSERT INTO public.customers_customerword (customer_id, word)
      SELECT added.id, public.customers_folded(added.name) FROM added;
    ELSIF TG_OP = 'UPDATE' THEN
      INSERT INTO public.customers_customerword (customer_id, word) SELECT NEW.id, public.customers_folded(NEW.name);
    END IF;
  ELSE
    IF TG_OP <> 'INSERT' THEN
      DELETE FROM public.customers_personword WHERE person_id = OLD.id;
    END IF;
    IF TG_OP = 'INSERT' THEN
      INSERT INTO public.customers_personword (person_id, word)
      SELECT added.id, public.customers_folded(added.given_name || ' ' || added.family_name) FROM added;
    ELSIF TG_OP = 'UPDATE' THEN
      INSERT INTO public.customers_personword (person_id, word)
      SELECT NEW.id, public.customers_folded(NEW.given_name || ' ' || NEW.family_name);
    END IF;
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
REVOKE ALL ON FUNCTION public.customers_keep_words() FROM PUBLIC;

CREATE OR REPLACE TRIGGER customer_words AFTER INSERT ON public.customers_customer
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.customers_keep_words();
CREATE OR REPLACE TRIGGER customer_words_change AFTER UPDATE OF name ON public.customers_customer
  FOR EACH ROW EXECUTE FUNCTION public.customers_keep_words();
CREATE OR REPLACE TRIGGER customer_words_go BEFORE DELETE ON public.customers_customer
  FOR EACH ROW EXECUTE FUNCTION public.customers_keep_words();
CREATE OR REPLACE TRIGGER person_words AFTER INSERT ON public.customers_person
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.customers_keep_words();
CREATE OR REPLACE TRIGGER person_words_change AFTER UPDATE OF given_name, family_name ON public.customers_person
  FOR EACH ROW EXECUTE FUNCTION public.customers_keep_words();
CREATE OR REPLACE TRIGGER person_words_go BEFORE DELETE ON public.customers_person
  FOR EACH ROW EXECUTE FUNCTION public.customers_keep_words();
"""  # noqa: S608  # constants of our own

#: For a database that has people already.
FILL: Final = """
INSERT INTO customers_customerword (customer_id, word) SELECT id, customers_folded(name) FROM customers_customer;
INSERT INTO customers_personword (person_id, word)
SELECT id, customers_folded(given_name || ' ' || family_name) FROM customers_person;
"""

REMOVE: Final = """
DROP TRIGGER customer_words ON customers_customer;
DROP TRIGGER customer_words_change ON customers_customer;
DROP TRIGGER customer_words_go ON customers_customer;
DROP TRIGGER person_words ON customers_person;
DROP TRIGGER person_words_change ON customers_person;
DROP TRIGGER person_words_go ON customers_person;
DROP FUNCTION customers_keep_words();
DROP FUNCTION customers_folded(text);
"""
