from django.db import migrations

#: A try that was right is given back, and its network is a good one until some moment (`good`: its key; NULL: no news). Such a row
#: begins with a letter that no count begins with, so that neither can be taken for the other.
GOOD = r"""
DROP FUNCTION accounts_give_back(timestamptz, text[], double precision[], timestamptz[]);
CREATE FUNCTION accounts_give_back(moment timestamptz, keys text[], drains double precision[], untils timestamptz[],
    good text, good_until timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM accounts_tries t WHERE t.key = ANY (keys) ORDER BY t.key FOR UPDATE;
  UPDATE accounts_tries t
     SET drained_at = t.drained_at - g.drain * interval '1 second',
         not_before = CASE WHEN t.not_before = g.until THEN 'epoch' ELSE t.not_before END
    FROM unnest(keys, drains, untils) AS g (key, drain, until) WHERE t.key = g.key;
  IF good IS NOT NULL THEN
    INSERT INTO accounts_tries (key, drained_at, not_before) VALUES ('g' || good, good_until, 'epoch')
    ON CONFLICT (key) DO UPDATE SET drained_at = greatest(accounts_tries.drained_at, excluded.drained_at);
  END IF;
END $$;
CREATE FUNCTION accounts_is_good(good text, moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM accounts_tries t WHERE t.key = 'g' || good AND t.drained_at > moment)
$$;
REVOKE ALL ON FUNCTION accounts_give_back(timestamptz, text[], double precision[], timestamptz[], text, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION accounts_is_good(text, timestamptz) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_viewing")]
    operations = [migrations.RunSQL(GOOD, migrations.RunSQL.noop)]
