"""What the mail about a service says of hosting."""

from hospes.hosting import queries
from hospes.services.mails import Access, register_access


def access(service_id: int) -> Access | None:
    """How the customer gets in to the account of a service."""
    found = queries.access(service_id)
    return None if found is None else Access(found.username, found.login_url)


register_access("hosting", access)
