"""Who asks, as far as limits on guessing need to know: never stored as it is."""

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

NOBODY = "unknown"  # a request through a local socket has no address


def network_key(request: HttpRequest) -> str:
    """A name for the network that asks, from which nobody learns its address."""
    return hmac.digest(
        settings.SECRET_KEY.encode(),
        f"network:{network(request)}".encode(),
        hashlib.sha256,
    ).hex()[:32]


def network(request: HttpRequest) -> str:
    """The network that asks, to be hashed at once and kept nowhere."""
    return _network(address(request))


def is_foreign(request: HttpRequest) -> bool:
    """Whether the browser says that another site's page sent this form.

    For forms without a token, which act for nobody. What says nothing (a mail program,
    an old browser, ``Origin: null``) is let through, to the limits.
    """
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    origin = request.headers.get("Origin", "null")
    own = f"{request.scheme}://{request.get_host()}"
    return origin not in ("null", own, settings.SITE_URL)


def address(request: HttpRequest) -> str:
    """The client's IP address. ``X-Forwarded-For`` counts only from a trusted proxy."""
    peer = str(request.META.get("REMOTE_ADDR") or "")
    if not _is_trusted(peer):
        return peer or NOBODY
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    # The last hop was noted by our own proxy; what stands before it anyone can write.
    for hop in map(str.strip, reversed(hops)):
        if hop and not _is_trusted(hop):
            return hop
    return peer


def _is_trusted(peer: str) -> bool:
    try:
        known = ip_address(peer)
    except ValueError:
        return False
    return any(
        known in ip_network(proxy, strict=False)
        for proxy in settings.TRUSTED_PROXIES
        if proxy[:1].isalnum() or proxy.startswith(":")
    )


def _network(client: str) -> str:
    """An IPv6 customer has a whole /64 to ask from."""
    try:
        known = ip_address(client)
    except ValueError:
        return NOBODY
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return str(ip_network(f"{known}/64", strict=False))
    return str(known)
