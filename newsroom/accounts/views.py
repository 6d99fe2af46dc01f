"""Signing in, by allauth's views in our admin's frame."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

View = Callable[..., HttpResponse]


def login(request: HttpRequest) -> HttpResponse:
    """Sign in; whoever is signed in but may not enter the admin is told so.

    Otherwise the admin would send them here, and this page back there, for ever.
    """
    person = request.user
    if person.is_authenticated and not person.is_staff:
        raise PermissionDenied
    response: HttpResponse = views.login(request)
    return response


def in_the_admin(view: View, title: Any) -> View:
    """Give the page what the admin's own pages show around their content."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse):
            own = {"title": title, "is_nav_sidebar_enabled": False}
            context = response.context_data or {}
            for name in {"form", "webauthn_form"} & context.keys():
                context[name].label_suffix = ""
            response.context_data = admin.site.each_context(request) | own | context
        return response

    return answer
