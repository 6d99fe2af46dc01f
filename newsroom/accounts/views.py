from allauth.account import views
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse


def login(request: HttpRequest) -> HttpResponse:
    """Sign in; whoever is signed in but may not enter the admin is told so.

    Otherwise the admin would send them here, and this page back there, for ever.
    """
    person = request.user
    if person.is_authenticated and not person.is_staff:
        raise PermissionDenied
    response: HttpResponse = views.login(request)
    return response
