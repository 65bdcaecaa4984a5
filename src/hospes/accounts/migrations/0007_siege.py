from django.db import migrations

#: Counts one try for all keys, or for none of them where one has to wait: says the seconds to wait (0: go on), the key that says
#: so, until when each key has to wait after this try, and whether more tries than usual fail everywhere (the first key).
#:
#: Each key has tries that cost nothing; after those the first wait is as long as given, and each next one twice as long. A try
#: drains away after some seconds. In a siege other numbers hold.
TAKE = r"""
DROP FUNCTION accounts_take_turn(timestamptz, text[], double precision[], double precision[], double precision[],
  double precision[], double precision);
CREATE FUNCTION accounts_take_turn(moment timestamptz, keys text[], drains double precision[], frees double precision[],
    firsts double precision[], mosts double precision[], siege_frees double precision[], siege_firsts double precision[],
    usual double precision,
    OUT wait double precision, OUT stopped_by text, OUT untils timestamptz[], OUT besieged boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  SELECT extract(epoch FROM t.not_before - moment), t.key INTO wait, stopped_by FROM accounts_tries t
   WHERE t.key = ANY (keys) AND t.not_before > moment ORDER BY t.not_before DESC LIMIT 1;
  IF FOUND THEN RETURN; END IF;
  INSERT INTO accounts_tries (key, drained_at, not_before)
  SELECT k, moment, 'epoch' FROM unnest(keys) k ORDER BY k ON CONFLICT (key) DO NOTHING;
  -- In the same order everywhere, so that no two wait for each other.
  PERFORM FROM accounts_tries t WHERE t.key = ANY (keys) ORDER BY t.key FOR UPDATE;
  SELECT extract(epoch FROM t.not_before - moment), t.key INTO wait, stopped_by FROM accounts_tries t
   WHERE t.key = ANY (keys) AND t.not_before > moment ORDER BY t.not_before DESC LIMIT 1;
  IF FOUND THEN RETURN; END IF;
  SELECT extract(epoch FROM t.drained_at - moment) / drains[1] > usual INTO besieged FROM accounts_tries t WHERE t.key = keys[1];
  WITH given AS (
    SELECT g.key, g.drain, g.most, g.place, CASE WHEN besieged THEN g.siege_free ELSE g.free END AS free,
           CASE WHEN besieged THEN g.siege_first ELSE g.first END AS first
      FROM unnest(keys, drains, frees, firsts, mosts, siege_frees, siege_firsts)
           WITH ORDINALITY AS g (key, drain, free, first, most, siege_free, siege_first, place)
  ), reckoned AS (
    SELECT g.*, greatest(extract(epoch FROM t.drained_at - moment), 0) / g.drain + 1 - g.free - 0.000001 AS beyond
      FROM given g JOIN accounts_tries t ON t.key = g.key
  ), counted AS (
    UPDATE accounts_tries t
       SET drained_at = greatest(t.drained_at, moment) + r.drain * interval '1 second',
           -- Who need not wait has a moment long ago: the clocks of two processes are never quite the same.
           not_before = CASE WHEN r.beyond <= 0 OR r.most <= 0 THEN 'epoch' ELSE
             moment + interval '1 second' * least(r.most, r.first * 2 ^ least(ceil(r.beyond) - 1, 30)) END
      FROM reckoned r WHERE t.key = r.key
    RETURNING r.place, t.not_before
  ) SELECT array_agg(c.not_before ORDER BY c.place) INTO untils FROM counted c;
  wait := 0;
END $$;
REVOKE ALL ON FUNCTION accounts_take_turn(timestamptz, text[], double precision[], double precision[], double precision[],
  double precision[], double precision[], double precision[], double precision) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_how_releases_end")]
    operations = [migrations.RunSQL(TAKE, migrations.RunSQL.noop)]
