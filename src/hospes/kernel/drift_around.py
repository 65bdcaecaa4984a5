"""What lies around the tables of a live database: schemas, settings of roles, rights on the database, publications."""

from collections.abc import Iterator
from typing import Any

from hospes.kernel.derived import roles

# What initdb made has a number below 16384.
_FOUND = """
SELECT n.nspname || ': a schema that is not of hospes' FROM pg_namespace n
 WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('public', 'information_schema')
UNION ALL
SELECT n.nspname || '.' || c.relname || ': a table or view among those of PostgreSQL itself'
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.oid >= 16384
UNION ALL
SELECT p.pubname || ': a publication, which sends rows past the row policies' FROM pg_publication p
UNION ALL
SELECT s.subname || ': a subscription, which writes rows past everything' FROM pg_subscription s
 WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
UNION ALL
SELECT e.evtname || ': an event trigger, and hospes has none' FROM pg_event_trigger e
UNION ALL
SELECT 'default privileges of ' || pg_get_userbyid(d.defaclrole) || coalesce(' in ' || n.nspname, '')
       || ' give rights on what is yet to be made'
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
UNION ALL
SELECT n.nspname || ': the schema belongs to ' || pg_get_userbyid(n.nspowner) FROM pg_namespace n
 WHERE pg_get_userbyid(n.nspowner) = ANY (%(ours)s)
UNION ALL
SELECT 'the database belongs to ' || pg_get_userbyid(d.datdba) FROM pg_database d
 WHERE d.datname = current_database() AND pg_get_userbyid(d.datdba) = ANY (%(ours)s)
UNION ALL
SELECT 'parameter ' || p.parname || ': ' || coalesce(r.rolname, 'PUBLIC') || ' has ' || a.privilege_type
  FROM pg_parameter_acl p CROSS JOIN LATERAL aclexplode(p.paracl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE a.grantee = 0 OR r.rolname = ANY (%(ours)s)
ORDER BY 1
"""

_SETTINGS = """
SELECT coalesce(r.rolname, ''), coalesce(d.datname, ''), array_to_string(s.setconfig, ', ')
  FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
 WHERE (s.setrole = 0 AND (s.setdatabase = 0 OR d.datname = current_database()) OR r.rolname = ANY (%(ours)s))
 ORDER BY 1, 2
"""

# Everybody may connect and make temporary tables, unless the operator took that away; only what goes beyond is told.
_DATABASE_RIGHTS = """
SELECT coalesce(r.rolname, 'PUBLIC'), a.privilege_type
  FROM pg_database d CROSS JOIN LATERAL aclexplode(d.datacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE d.datname = current_database() AND a.grantee <> d.datdba
   AND (a.privilege_type = 'CREATE' OR a.is_grantable
        OR a.privilege_type = 'TEMPORARY' AND r.rolname = ANY (%(ours)s))
 ORDER BY 1, 2
"""


def around_drift(cursor: Any) -> Iterator[str]:
    """What was added around the tables, a sentence each."""
    cursor.execute(_FOUND, {"ours": roles()})
    yield from [sentence for (sentence,) in cursor.fetchall()]
    for role, database, settings in _settings(cursor):
        yield f"{role or 'everybody'}{f' in {database}' if database else ''}: settings were set, {settings}"
    for role, right in _database_rights(cursor):
        yield f"the database: {role} has {right}, which the data map does not give"


def _settings(cursor: Any) -> list[tuple[str, str, str]]:
    cursor.execute(_SETTINGS, {"ours": roles()})
    return list(cursor.fetchall())


def _database_rights(cursor: Any) -> list[tuple[str, str]]:
    cursor.execute(_DATABASE_RIGHTS, {"ours": roles()})
    return list(cursor.fetchall())


def reset_settings(cursor: Any) -> None:
    """Take away the settings of our roles; those of the whole database are the operator's to take away."""
    for role, database, _ in _settings(cursor):
        if role:
            where = f' IN DATABASE "{database}"' if database else ""
            cursor.execute(f'ALTER ROLE "{role}"{where} RESET ALL')


def revoke_on_database(cursor: Any) -> None:
    """Take away the rights on the database that nobody but its owner should have."""
    cursor.execute("SELECT current_database()")
    (database,) = cursor.fetchone()
    for role in sorted({role for role, _ in _database_rights(cursor)}):
        to = role if role == "PUBLIC" else f'"{role}"'
        cursor.execute(f'REVOKE CREATE ON DATABASE "{database}" FROM {to} CASCADE')
        cursor.execute(f'REVOKE GRANT OPTION FOR ALL ON DATABASE "{database}" FROM {to} CASCADE')
        if role in roles():
            cursor.execute(f'REVOKE TEMPORARY ON DATABASE "{database}" FROM {to} CASCADE')
