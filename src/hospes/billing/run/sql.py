"""
The statements of the billing run. What they do for many, `services.endings.renew` and `billing.issuing.issue` do for one.

A batch writes down once what is due (`DUE`, a table of its transaction), and each statement after that takes it from there.
"""

from typing import Final

from hospes.services.renewing import CONTENT, GOES_ON

#: Up to which day a service `s` of a customer `k` is due: `consumers` and `companies` are days, by the kind of customer.
LEAD: Final = (
    "s.renews_on <= CASE WHEN k.kind = 'private' THEN %(consumers)s::date ELSE %(companies)s::date END"
)

_DUE: Final = f"s.renews_on <= greatest(%(consumers)s::date, %(companies)s::date) AND {GOES_ON} AND {LEAD}"

#: Where batches end: the customer of every so many services that are due, and how many there are. One pass over the services.
EDGES: Final = f"""
WITH due AS (
  SELECT s.customer_id, row_number() OVER (ORDER BY s.customer_id) AS place
    FROM services_service s JOIN customers_customer k ON k.id = s.customer_id
   WHERE {_DUE})
SELECT customer_id, place FROM due WHERE place %% %(size)s = 0
 UNION ALL SELECT max(customer_id), max(place) FROM due HAVING max(place) %% %(size)s <> 0
 ORDER BY 2
"""

#: What one costs in the next term, the n-th, of a service `s` with content `c`, while an introductory price lasts: by the steps
#: that were agreed on, with whom it was, as long as nothing but number and options was changed: what other options cost
#: comes to it, or is taken off it (rules.going_on). A raise is of the price after that, also where these were changed after it.
#: Else the content says.
PRICE: Final = """
  LEFT JOIN LATERAL (
    SELECT greatest(q.steps_cents[i] / q.quantity + c.options_cents, 0) AS cents
      FROM sales_quoteline q
     CROSS JOIN LATERAL (SELECT max(i) AS i FROM generate_subscripts(q.steps_from, 1) i
                          WHERE q.steps_from[i] <= s.run_months / c.months + 1) nth
     WHERE cardinality(q.steps_from) > 1 AND i < cardinality(q.steps_from)
       AND q.customer_id = s.customer_id
       AND q.id = CASE WHEN s.origin ~ '^quote_line:[0-9]{1,18}$' THEN substr(s.origin, 12)::bigint END
       AND NOT EXISTS (SELECT FROM services_content o WHERE o.service_id = s.id AND o.from_on <= s.renews_on
                          AND o.until_on IS DISTINCT FROM o.from_on AND o.raised_id IS NULL
                          AND ((o.product_id, o.months) <> (q.product_id, q.months)
                              OR o.price_cents - o.options_cents <> q.steps_cents[cardinality(q.steps_cents)] / q.quantity
                                 AND NOT EXISTS (SELECT FROM services_content r WHERE r.service_id = s.id
                                                    AND r.raised_id IS NOT NULL AND r.until_on IS DISTINCT FROM r.from_on
                                                    AND r.from_on <= s.renews_on
                                                    AND r.price_cents - r.options_cents = o.price_cents - o.options_cents)))
  ) agreed ON true"""

#: What stands below the name on an invoice: what it is for, and its options, as far as they fit (names.details_of).
DETAILS: Final = """CASE WHEN length(concat_ws(' · ', nullif(s.label, ''), nullif(c.details, ''))) <= 253
            THEN concat_ws(' · ', nullif(s.label, ''), nullif(c.details, ''))
            ELSE left(concat_ws(' · ', nullif(s.label, ''), nullif(c.details, '')), 252) || '…' END"""

#: Of whom something is due, after one and up to another.
CUSTOMERS: Final = f"""
SELECT DISTINCT s.customer_id FROM services_service s JOIN customers_customer k ON k.id = s.customer_id
 WHERE s.customer_id > %(after)s AND s.customer_id <= %(upto)s AND {_DUE} ORDER BY 1
"""

#: What is due of a batch is held before anything of it is read: what another session did to a service by then counts, and what it
#: means to do waits. What somebody else holds at this moment keeps nobody waiting. As the contract, of which services are.
HOLD: Final = f"""
SELECT coalesce(array_agg(id), '{{}}') FROM (
  SELECT s.id FROM services_service s JOIN customers_customer k ON k.id = s.customer_id
   WHERE s.customer_id > %(after)s AND s.customer_id <= %(upto)s AND {_DUE} ORDER BY s.id FOR NO KEY UPDATE OF s SKIP LOCKED) held
"""

#: Within one transaction it may be there already.
CLEAR: Final = "DROP TABLE IF EXISTS pg_temp.billing_run_due"

# Which kind of rate each product has, and the last rate of it that came into force in a country; where that has none, its
# standard rate (queries.vat_rates).
_CODES: Final = """
  LEFT JOIN (SELECT DISTINCT ON (product_id) product_id, code FROM catalogue_productvat
              WHERE withdrawn_at IS NULL AND valid_from <= %(today)s ORDER BY product_id, valid_from DESC) kind
         ON kind.product_id = c.product_id"""
_RATES_NOW: Final = """(SELECT DISTINCT ON (country, code) country, code, basis_points FROM billing_vatrate
              WHERE valid_from <= %(today)s ORDER BY country, code, valid_from DESC)"""
_RATES: Final = f"""
  LEFT JOIN {_RATES_NOW} own ON own.country = t.rate_country AND own.code = coalesce(kind.code, 'standard')
  LEFT JOIN {_RATES_NOW} usual ON usual.country = t.rate_country AND usual.code = 'standard'"""
#: The same for one customer.
_RATE: Final = """(SELECT r.basis_points FROM billing_vatrate r
      WHERE r.country = {country} AND r.code IN ({code}, 'standard') AND r.valid_from <= %(today)s
      ORDER BY r.code = 'standard', r.valid_from DESC LIMIT 1)"""
_CODE: Final = "coalesce(kind.code, 'standard')"

#: Everything that is due of the customers after one up to another: of what it will consist, its price and VAT, and why not; and
#: whether it is one of those `held` (without: all of them).
DUE: Final = f"""
CREATE TEMPORARY TABLE billing_run_due ON COMMIT DROP AS
SELECT s.id AS service_id, s.customer_id, s.renews_on AS begins_on, agreed.cents AS intro_cents,
       (s.anchor_on + make_interval(months => s.run_months + c.months))::date - 1 AS ends_on,
       c.product_id, c.quantity, coalesce(agreed.cents, c.price_cents) AS unit_cents,
       coalesce(agreed.cents, c.price_cents) * c.quantity AS net_cents, {DETAILS} AS details,
       CASE WHEN w.collect = 'service' THEN s.id ELSE 0 END AS bill, (s.id = ANY(%(held)s::bigint[])) IS NOT FALSE AS held,
       coalesce(t.category, '') AS category, coalesce(t.rate_country, '') AS country, coalesce(t.why, '') AS why,
       coalesce(t.place, '') AS place,
       {_CODE} AS code, CASE WHEN t.category = 'S' THEN coalesce(own.basis_points, usual.basis_points) ELSE 0 END AS rate,
       CASE WHEN coalesce(t.category, '') = '' THEN 'tax_unknown'
            WHEN '' IN (btrim(k.name), btrim(k.street), btrim(k.town), btrim(k.country)) THEN 'no_address'
            WHEN c.id IS NULL THEN 'no_content' ELSE '' END AS reason
  FROM services_service s JOIN customers_customer k ON k.id = s.customer_id
  LEFT JOIN services_content c ON {CONTENT}{_CODES}
  LEFT JOIN billing_taxstatus t ON t.customer_id = s.customer_id AND t.until IS NULL{_RATES}
  LEFT JOIN billing_invoicesettings w ON w.customer_id = s.customer_id{PRICE}
 WHERE s.customer_id > %(after)s AND s.customer_id <= %(upto)s AND {_DUE}
"""

#: No rate is known: it cannot be invoiced either. What has a rate of zero is in another category.
NO_RATE: Final = """
UPDATE billing_run_due SET reason = 'no_rate' WHERE rate IS NULL AND reason = ''
"""
ZERO_RATE: Final = "UPDATE billing_run_due SET category = 'Z' WHERE category = 'S' AND rate = 0"

#: What is wrong, and with whom: nothing of a customer of whom something is wrong is renewed.
WRONG: Final = "SELECT customer_id, service_id, reason FROM billing_run_due WHERE reason <> '' ORDER BY 1, 2"
LEAVE_OUT: Final = """
DELETE FROM billing_run_due WHERE customer_id IN (SELECT customer_id FROM billing_run_due WHERE reason <> '')
"""

#: Services that others hold at this moment, or whose customer the contract may not see, stay for another time: whose they are.
NOT_HELD: Final = "DELETE FROM billing_run_due WHERE NOT held RETURNING customer_id"

#: The first customer whose renewals together would pass the threshold of the one-stop shop, `room` cents away.
CROSSING: Final = """
SELECT min(customer_id) FROM (
  SELECT customer_id, sum(sum(net_cents)) OVER (ORDER BY customer_id) AS so_far
    FROM billing_run_due WHERE why = 'consumer_home_rate' GROUP BY 1 HAVING sum(net_cents) > 0) running
 WHERE so_far > %(room)s
"""
ANY_AT_HOME_RATE: Final = (
    "SELECT EXISTS (SELECT FROM billing_run_due WHERE why = 'consumer_home_rate' AND net_cents > 0)"
)
UP_TO: Final = "DELETE FROM billing_run_due WHERE customer_id > %(customer)s"
CROSS: Final = f"""
UPDATE billing_run_due SET why = 'consumer_oss', country = place, category = 'S',
       rate = {_RATE.format(country="place", code="billing_run_due.code")}
 WHERE customer_id = %(customer)s
"""

CLAIMS: Final = "SELECT service_id, begins_on, intro_cents, customer_id FROM billing_run_due ORDER BY 1"
#: Nothing is invoiced that did not go on.
NOT_CLAIMED: Final = "DELETE FROM billing_run_due WHERE NOT service_id = ANY(%(ids)s)"

# --- invoices ---------------------------------------------------------------------------------------------------------------

#: What comes to one bill at one rate, and one invoice for each bill that comes to something, in the order of customers, as
#: rules.taxed has it: VAT is that of the sum of a rate.
_GROUPS: Final = """
groups AS MATERIALIZED (
  SELECT customer_id, bill, sum(net_cents)::bigint AS net, round(sum(net_cents) * rate / 10000.0)::bigint AS vat, rate, category,
         country, min(ARRAY[begins_on - DATE '2000-01-01', service_id]) AS first
    FROM billing_run_due GROUP BY customer_id, bill, rate, category, country)"""
_BILLS: Final = f"""{_GROUPS},
bills AS MATERIALIZED (
  SELECT customer_id, bill, sum(net)::bigint AS net, sum(vat)::bigint AS vat,
         'term:' || (min(first))[2] || ':' || (DATE '2000-01-01' + (min(first))[1]::int) AS origin
    FROM groups GROUP BY customer_id, bill HAVING sum(net) > 0)"""

#: Each has its id beforehand, so that what goes with an invoice can be written before its number is taken.
CLEAR_BILLS: Final = "DROP TABLE IF EXISTS pg_temp.billing_run_bill"
BILLS: Final = f"""
CREATE TEMPORARY TABLE billing_run_bill ON COMMIT DROP AS
WITH {_BILLS},
ids AS (SELECT id, row_number() OVER (ORDER BY id) AS place
          FROM billing_invoice_ids((SELECT count(*)::int FROM bills)) AS taken (id))
SELECT i.id, b.* FROM ids i JOIN (SELECT *, row_number() OVER (ORDER BY customer_id, bill) AS place FROM bills) b USING (place)
"""
WHOSE: Final = "SELECT id, customer_id FROM billing_run_bill ORDER BY id"

INVOICES: Final = f"""
WITH {_GROUPS},
first AS MATERIALIZED (
  SELECT hospes_next_numbers(%(series_of_year)s, count(*)::int) AS number FROM billing_run_bill),
numbered AS MATERIALIZED (
  SELECT b.*, f.number + row_number() OVER (ORDER BY b.id) - 1 AS sequence FROM billing_run_bill b CROSS JOIN first f),
holders AS MATERIALIZED (
  SELECT DISTINCT ON (m.customer_id) m.customer_id, p.language,
         coalesce(nullif(btrim(p.given_name || ' ' || p.family_name, E' \\t\\n\\r\\f\\v'), ''), p.email) AS name
    FROM customers_membership m JOIN customers_person p ON p.id = m.person_id
   WHERE m.customer_id IN (SELECT customer_id FROM billing_run_bill) AND m.role = 'holder' AND m.since <= %(now)s
     AND (m.until IS NULL OR m.until > %(now)s) ORDER BY m.customer_id, m.since, m.id),
made AS (
  INSERT INTO billing_invoice (id, kind, number, series_id, book_year, sequence, credits_id, customer_id, origin, quote_number,
    reference, purchase_order, reason, issued_on, term_days, due_on, language, seller_id, buyer_name, buyer_contact, buyer_street,
    buyer_postcode, buyer_town, buyer_country, buyer_kvk_number, buyer_vat_number, buyer_email, net_cents, vat_cents, total_cents,
    set_off_cents, credited_cents, paid_cents, paid_at, paid_with, documented_at)
  SELECT n.id, 'invoice',
         %(prefix)s || %(year)s::text || '-' || lpad(n.sequence::text, greatest(5, length(n.sequence::text)), '0'),
         %(series)s, %(year)s::int, n.sequence, NULL, n.customer_id, n.origin, '', coalesce(w.reference, ''),
         coalesce(w.purchase_order, ''), '', %(today)s, coalesce(w.term_days, %(term)s),
         %(today)s::date + coalesce(w.term_days, %(term)s), coalesce(h.language, 'nl'), %(seller)s, k.name,
         CASE WHEN k.kind = 'business' THEN coalesce(h.name, '') ELSE '' END, k.street, k.postcode, k.town, k.country,
         k.kvk_number, k.vat_number, k.invoice_email, n.net, n.vat, n.net + n.vat, 0, 0, 0, NULL, '', NULL
    FROM numbered n JOIN customers_customer k ON k.id = n.customer_id
    LEFT JOIN holders h ON h.customer_id = n.customer_id
    LEFT JOIN billing_invoicesettings w ON w.customer_id = n.customer_id
   ORDER BY n.sequence
  RETURNING id, language),
of AS MATERIALIZED (SELECT m.language, b.* FROM made m JOIN billing_run_bill b USING (id)),
taxed AS (
  INSERT INTO billing_invoicetax (invoice_id, customer_id, vat_category, vat_country, vat_basis_points, net_cents, vat_cents)
  SELECT o.id, g.customer_id, g.category, g.country, g.rate, g.net, g.vat FROM of o JOIN groups g USING (customer_id, bill)),
lined AS (
  INSERT INTO billing_invoiceline (invoice_id, customer_id, service_id, kind, position, description, details, quantity,
    unit_cents, net_cents, vat_category, vat_country, vat_basis_points, vat_reason, revenue_account, period_from, period_until,
    credits_line_id, credited_cents)
  SELECT o.id, d.customer_id, d.service_id, 'term', row_number() OVER (PARTITION BY o.id ORDER BY d.begins_on, d.service_id),
         CASE WHEN o.language = 'en' THEN p.name_en ELSE p.name_nl END, d.details, d.quantity, d.unit_cents, d.net_cents,
         d.category, d.country, d.rate, d.why, '', d.begins_on, d.ends_on, NULL, 0
    FROM billing_run_due d JOIN of o ON o.customer_id = d.customer_id AND o.bill = d.bill
    JOIN catalogue_product p ON p.id = d.product_id)
SELECT count(*), coalesce(sum(net), 0)::bigint, coalesce(sum(net + vat), 0)::bigint FROM of
"""

#: What a batch would come to, for a run that only looks.
WOULD_BE: Final = f"""
WITH {_BILLS} SELECT (SELECT count(*) FROM billing_run_due), count(*), coalesce(sum(net), 0)::bigint,
  coalesce(sum(net + vat), 0)::bigint FROM bills
"""

# --- problems ---------------------------------------------------------------------------------------------------------------

REPORT: Final = """
INSERT INTO billing_runproblem (customer_id, service_id, reason, detail, run_id, first_seen_at)
SELECT * FROM (SELECT unnest(%(customers)s::bigint[]), unnest(%(services)s::bigint[]), unnest(%(reasons)s::text[]),
                      unnest(%(details)s::text[])) wrong, (VALUES (%(run)s::bigint, %(now)s::timestamptz)) seen
ON CONFLICT (customer_id, service_id, reason) WHERE solved_at IS NULL
  DO UPDATE SET run_id = excluded.run_id, detail = excluded.detail
"""

COUNT: Final = """
UPDATE billing_run SET services = services + %(services)s, invoices = invoices + %(invoices)s, net_cents = net_cents + %(net)s,
       total_cents = total_cents + %(total)s,
       problems = CASE WHEN %(any)s THEN (SELECT count(*) FROM billing_runproblem p WHERE p.run_id = billing_run.id)
                       ELSE problems END
 WHERE id = %(run)s
"""

# --- what customers are told beforehand -------------------------------------------------------------------------------------

#: Consumers whose term of a year or more is about to be renewed silently: another term they chose themselves.
TO_BE_TOLD: Final = f"""
SELECT 'service:' || s.id || ':renews:' || s.renews_on, s.customer_id, s.id
  FROM services_service s JOIN customers_customer k ON k.id = s.customer_id JOIN services_content c ON {CONTENT}
 WHERE s.id > %(after)s AND k.kind = 'private' AND s.months >= 12 AND c.months = s.months AND {GOES_ON} AND s.ends_on IS NULL
   AND s.renews_on > %(today)s AND s.renews_on <= %(last)s
 ORDER BY s.id LIMIT %(size)s
"""

#: What a service will be and cost from its renewal on; VAT as on the invoice, of today.
NEXT: Final = f"""
SELECT s.renews_on, c.months, CASE WHEN %(language)s = 'en' THEN p.name_en ELSE p.name_nl END, c.quantity, n.net,
       CASE WHEN t.category = 'S' THEN round(n.net * {_RATE.format(country="t.rate_country", code=_CODE)} / 10000.0)::bigint
            WHEN t.category <> '' THEN 0 END
  FROM services_service s JOIN services_content c ON {CONTENT} JOIN catalogue_product p ON p.id = c.product_id{PRICE}{_CODES}
 CROSS JOIN LATERAL (SELECT coalesce(agreed.cents, c.price_cents) * c.quantity AS net) n
  LEFT JOIN billing_taxstatus t ON t.customer_id = s.customer_id AND t.until IS NULL
 WHERE s.id = %(service)s
"""

# --- what comes -------------------------------------------------------------------------------------------------------------

#: By the day of the run that will do it; what is due already is today's.
COMING: Final = f"""
SELECT greatest(s.renews_on - CASE WHEN k.kind = 'private' THEN %(consumer_days)s::int ELSE %(company_days)s::int END,
                %(today)s::date) AS on_day, count(*),
       coalesce(sum(coalesce(agreed.cents, c.price_cents) * c.quantity), 0)::bigint
  FROM services_service s JOIN customers_customer k ON k.id = s.customer_id
  LEFT JOIN services_content c ON {CONTENT}{PRICE}
 WHERE {GOES_ON}
   AND s.renews_on <= %(last)s::date + CASE WHEN k.kind = 'private' THEN %(consumer_days)s::int ELSE %(company_days)s::int END
 GROUP BY 1 ORDER BY 1
"""
