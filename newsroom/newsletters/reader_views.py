"""Pages behind a link in a mail. Opening one changes nothing: mail scanners do.

They belong to one reader: never stored, never indexed, and no address of theirs is
told to where a reader goes next.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from newsroom.core import client
from newsroom.newsletters import (
    consent,
    consent_words,
    links,
    preferences,
    sign_up,
    subscribers,
)
from newsroom.newsletters.forms import NewAddressForm, PreferencesForm
from newsroom.newsletters.models import Newsletter, Subscriber
from newsroom.publication import furniture

View = Callable[[HttpRequest, str], HttpResponse]

readable_and_postable = require_http_methods(["GET", "HEAD", "POST"])


def private_page(view: View) -> View:
    """A page for whoever has the link, and for nobody else."""

    @wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token)
        except links.Invalid:
            raise Http404 from None
        response["Cache-Control"] = "no-store, private"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    return csrf_exempt(answer)


@private_page
@readable_and_postable
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    if refused := _refuse_foreign(request):
        return refused
    try:
        wish = sign_up.find(token)
    except links.Expired:
        return _expired(request, lambda: sign_up.ask_again(token))
    if wish.subscriber is None or not wish.newsletters:
        return _page(request, "void", status=410)
    if request.method == "POST":
        sign_up.confirm(wish)
        return _page(request, "confirmed", newsletters=wish.newsletters)
    return _page(request, "confirm", newsletters=wish.newsletters)


@private_page
@readable_and_postable
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Also what mail programs post to for their own button (RFC 8058)."""
    named = links.read_for_ever(token)
    subscriber = Subscriber.objects.filter(pk=named.subscriber_id).first()
    newsletter = Newsletter.objects.filter(pk=named.newsletter_id).first()
    if request.method != "POST":
        return _page(request, "leave", newsletter=newsletter)
    is_one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    leaves_all = "all" in request.POST or newsletter is None
    if subscriber is not None:
        method = consent.Method.ONE_CLICK if is_one_click else consent.Method.LINK
        left = None if newsletter is None or leaves_all else [newsletter]
        subscribers.leave(subscriber, left, method=method)
    return _page(request, "left", newsletter=None if leaves_all else newsletter)


@private_page
@readable_and_postable
def my_page(request: HttpRequest, token: str) -> HttpResponse:
    if refused := _refuse_foreign(request):
        return refused
    try:
        subscriber = preferences.find(token)
    except links.Expired:
        return _expired(request, lambda: preferences.ask_again(token))
    if request.method != "POST":
        return _my_page(request, token, subscriber, done=request.GET.get("done"))
    if "new_address" in request.POST:
        return _ask_to_move(request, token, subscriber)
    return _save(request, token, subscriber)


@private_page
@require_safe
def my_data(request: HttpRequest, token: str) -> HttpResponse:
    """Everything about the reader as a file."""
    try:
        subscriber = preferences.find(token)
    except links.Expired:
        return redirect("newsletters:preferences", token)
    response = JsonResponse(
        preferences.everything_about(subscriber),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@private_page
@readable_and_postable
def erase(request: HttpRequest, token: str) -> HttpResponse:
    if refused := _refuse_foreign(request):
        return refused
    try:
        subscriber = preferences.find(token)
    except links.Expired:
        return redirect("newsletters:preferences", token)
    if request.method != "POST":
        return _page(request, "erase", token=token)
    preferences.erase(subscriber)
    return _page(request, "erased")


@private_page
@readable_and_postable
def move(request: HttpRequest, token: str) -> HttpResponse:
    if refused := _refuse_foreign(request):
        return refused
    try:
        letter = preferences.find_move(token)
    except links.Expired:
        return _page(request, "void", status=410)
    if request.method != "POST":
        return _page(request, "move")
    moved = preferences.move(letter)
    digest = bytes(moved.address_digest)
    return _page(request, "moved", token=links.preferences(moved.pk, digest))


def _my_page(
    request: HttpRequest,
    token: str,
    subscriber: Subscriber,
    *,
    form: PreferencesForm | None = None,
    address_form: NewAddressForm | None = None,
    done: str | None = None,
) -> HttpResponse:
    site = furniture.load()
    text = consent.current_text(site.language)
    has_errors = any(shown and shown.errors for shown in (form, address_form))
    return _page(
        request,
        "preferences",
        status=422 if has_errors else 200,
        address_form=address_form,
        choices=preferences.choices(subscriber),
        consent_words=consent_words.as_html(text.text, site),
        done=done,
        form=form,
        formats=Subscriber.Format.choices,
        languages=settings.LANGUAGES,
        subscriber=subscriber,
        token=token,
    )


def _save(request: HttpRequest, token: str, subscriber: Subscriber) -> HttpResponse:
    offered = [choice.newsletter for choice in preferences.choices(subscriber)]
    form = PreferencesForm(request.POST, offered=offered)
    if not form.is_valid():
        return _my_page(request, token, subscriber, form=form)
    preferences.save(
        subscriber,
        form.cleaned_data["newsletter"],
        language=form.cleaned_data["language"],
        format=form.cleaned_data["format"],
        paused_until=form.cleaned_data["paused_until"],
    )
    return _done(token, "saved")


def _ask_to_move(
    request: HttpRequest, token: str, subscriber: Subscriber
) -> HttpResponse:
    form = NewAddressForm(request.POST, present=subscriber.address)
    if not form.is_valid():
        return _my_page(request, token, subscriber, address_form=form)
    preferences.ask_to_move(
        subscriber, form.cleaned_data["new_address"], network=client.network(request)
    )
    return _done(token, "asked-to-move")


def _done(token: str, what: str) -> HttpResponse:
    page = reverse("newsletters:preferences", args=[token])
    return HttpResponseRedirect(f"{page}?done={what}", status=303)


def _expired(request: HttpRequest, ask_again: Callable[[], None]) -> HttpResponse:
    """A link that was ours: a new one can be asked for, by a button."""
    if request.method == "POST" and "again" in request.POST:
        ask_again()
        return _page(request, "sent_again")
    return _page(request, "expired", status=410)


def _refuse_foreign(request: HttpRequest) -> HttpResponse | None:
    if request.method == "POST" and client.is_foreign(request):
        return _page(request, "refused", status=403)
    return None


def _page(
    request: HttpRequest, name: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    template = f"newsletters/{name}.html"
    return furniture.render(request, template, context, status=status)
