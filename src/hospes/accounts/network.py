"""From which address a request comes (P11, P12)."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """
    The IP address of who asks, or None when there is none in any form.

    Behind proxies of our own (HOSPES_TRUSTED_PROXIES: how many) it is the entry of X-Forwarded-For that the outermost of
    them wrote: what stands to the left of it comes from the visitor, who may write anything. A request that passed fewer
    proxies than that did not come through them; then only the connection itself is believed.
    """
    proxies = int(settings.HOSPES_TRUSTED_PROXIES)
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if proxies > 0 and len(hops) >= proxies and (told := normal(hops[-proxies])):
        return told
    return normal(request.META.get("REMOTE_ADDR", ""))


def network_of(ip: str | None) -> str:
    """
    What limits on tries count by: an IPv4 address by itself, of IPv6 the 64 bits that one connection usually gets.

    With the whole IPv6 address anybody would have more of them than there are limits.
    """
    if ip is None:
        return "unknown"
    address = ipaddress.ip_address(ip)
    return str(ipaddress.ip_network((address, 64), strict=False) if address.version == 6 else address)


def written(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A network, or an address for itself, as somebody writes it down; raises ValueError for what is none, or names a zone."""
    if "%" in text:  # means something on one machine only (RFC 4007), and no column holds it
        raise ValueError(text)
    return ipaddress.ip_network(text.strip(), strict=False)


def normal(text: str) -> str | None:
    """An address in its usual form, without port, brackets or zone; an IPv4 address also where IPv6 wraps it."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)
