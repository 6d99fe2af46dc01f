"""“Remind me later”: the form, its answer, and the link in the mail."""

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from newsroom.core import client, page_store
from newsroom.newsletters.views import IN_PLACE
from newsroom.publication import furniture
from newsroom.support import reminders
from newsroom.support.mails import letter_words
from newsroom.support.people import links
from newsroom.support.people.giver_forms import LaterForm
from newsroom.support.people.private_pages import page, private, readable_and_postable


@csrf_exempt
@readable_and_postable
@page_store.public_page
def later(request: HttpRequest) -> HttpResponse:
    """The form alone; what is posted from any page is answered here."""
    page_store.shows(request, "furniture")
    if request.method != "POST":
        return page(request, "later")
    if client.is_foreign(request):
        return private(page(request, "mine_refused", status=403))
    site = furniture.load()
    with timezone.override(site.zone):
        return _take(request, site)


@csrf_exempt
@readable_and_postable
def stop(request: HttpRequest, token: str) -> HttpResponse:
    try:
        reminder = links.read_reminder(token)
    except links.Invalid:
        raise Http404 from None
    if request.method == "POST":
        if client.is_foreign(request):
            return private(page(request, "mine_refused", status=403))
        reminders.stop(reminder)
        return private(page(request, "later_stopped"))
    is_waiting = reminders.is_waiting(reminder)
    return private(page(request, "later_stop", is_waiting=is_waiting))


def _take(request: HttpRequest, site: furniture.Furniture) -> HttpResponse:
    form = LaterForm(request.POST)
    if not form.is_valid() or form.suggestion:
        return _again(request, form)
    language = form.cleaned_data["language"] or site.language
    if not form.is_trapped:
        reminders.ask(
            form.cleaned_data["email"],
            form.cleaned_data["due_on"],
            network=client.network(request),
            language=language,
            campaign=form.campaign,
        )
    context = {
        "due_on": form.cleaned_data["due_on"],
        # By the page's language alone, so that it says nothing of the address.
        "is_kept": letter_words.may_remind(language),
    }
    return _answer(request, "later_set", "_later_answer", context)


def _again(request: HttpRequest, form: LaterForm) -> HttpResponse:
    status = 200 if form.is_valid() else 422
    context: dict[str, object] = {"form": form}
    return _answer(request, "later", "_later_form", context, status)


def _answer(
    request: HttpRequest,
    name: str,
    part: str,
    context: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    """The whole page, or what stands in place of the form, for the page's script."""
    if IN_PLACE not in request.headers:
        return private(page(request, name, status=status, **context))
    with furniture.speaking(furniture.load().language):
        words = render_to_string(f"support/{part}.html", context)
    return private(HttpResponse(words, status=status))
