"""What every answer says to the browser about what it may do with it."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

ADMIN = "/admin/"

# A player that the reader clicked on may play.
_PLAYERS = " ".join(f'"{origin}"' for origin in settings.EMBED_ORIGINS)
PERMISSIONS_POLICY = (
    f"autoplay=({_PLAYERS}), encrypted-media=({_PLAYERS}), "
    + ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer",
            "browsing-topics",
            "camera",
            "display-capture",
            "geolocation",
            "gyroscope",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "usb",
        )
    )
)


class SecurityHeadersMiddleware:
    """Nobody else's page may read our pages; pages of the staff are kept nowhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        # Feed readers and webmail show our pictures on pages of their own.
        is_media = request.path.startswith(settings.MEDIA_URL)
        headers.setdefault(
            "Cross-Origin-Resource-Policy",
            "cross-origin" if is_media else "same-origin",
        )
        if is_admin(request):
            headers["Cache-Control"] = "no-store, private"
            # A preview is shown in a frame of the page that the text is written on.
            headers["X-Frame-Options"] = "SAMEORIGIN"
        return response


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The public policy; under ``/admin/`` the one of the admin, with its nonce."""

    def get_policy_parts(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
        report_only: bool = False,
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if is_admin(request) and parts.config is None and not report_only:
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY
        return parts


def is_admin(request: HttpRequest) -> bool:
    return request.path.startswith(ADMIN)
