"""
The functions that count tries: in the database, so that tries at the same moment, in whatever process, each count.

`accounts_take_turn` counts one try for all keys, or for none of them where one has to wait. It gives the seconds to wait (0: go
on), the key that says so, and until when each key has to wait after this try. Each key has a number of tries that cost
nothing; after those each has to wait twice as long as the one before. A try drains away after some seconds. While there are
more failures everywhere (the first key) than usual, fewer are free.

`accounts_give_back` undoes that for a try that was right.
"""

INSTALL = r"""
CREATE FUNCTION accounts_take_turn(moment timestamptz, keys text[], drains double precision[], frees double precision[],
    fewer double precision[], mosts double precision[], usual double precision,
    OUT wait double precision, OUT stopped_by text, OUT untils timestamptz[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  besieged boolean;
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
    SELECT g.*, CASE WHEN besieged THEN g.few ELSE g.free END AS granted
      FROM unnest(keys, drains, frees, fewer, mosts) WITH ORDINALITY AS g (key, drain, free, few, most, place)
  ), counted AS (
    UPDATE accounts_tries t
       SET drained_at = greatest(t.drained_at, moment) + g.drain * interval '1 second',
           -- Who need not wait has a moment long ago: the clocks of two processes are never quite the same.
           not_before = CASE WHEN g.most <= 0 THEN 'epoch' ELSE (
             SELECT CASE WHEN beyond <= 0 THEN 'epoch'
                         ELSE moment + interval '1 second' * least(g.most, 2 ^ least(ceil(beyond) - 1, 30)) END
               FROM (SELECT greatest(extract(epoch FROM t.drained_at - moment), 0) / g.drain + 1 - g.granted - 0.000001)
                    AS left_over (beyond)) END
      FROM given g WHERE t.key = g.key
    RETURNING g.place, t.not_before
  ) SELECT array_agg(c.not_before ORDER BY c.place) INTO untils FROM counted c;
  wait := 0;
END $$;

CREATE FUNCTION accounts_give_back(moment timestamptz, keys text[], drains double precision[], untils timestamptz[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM accounts_tries t WHERE t.key = ANY (keys) ORDER BY t.key FOR UPDATE;
  UPDATE accounts_tries t
     SET drained_at = t.drained_at - g.drain * interval '1 second',
         not_before = CASE WHEN t.not_before = g.until THEN 'epoch' ELSE t.not_before END
    FROM unnest(keys, drains, untils) AS g (key, drain, until) WHERE t.key = g.key;
END $$;
REVOKE ALL ON FUNCTION accounts_take_turn(timestamptz, text[], double precision[], double precision[], double precision[],
  double precision[], double precision) FROM PUBLIC;
REVOKE ALL ON FUNCTION accounts_give_back(timestamptz, text[], double precision[], timestamptz[]) FROM PUBLIC;
-- What is lost in a crash are counts, not data; and to count a try needs no wait for the disk.
ALTER TABLE accounts_tries SET UNLOGGED;
"""

REMOVE = "DROP FUNCTION accounts_take_turn; DROP FUNCTION accounts_give_back"
