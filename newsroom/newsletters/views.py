"""Public pages: newsletters, their archives, and the forms that need no link."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from newsroom.core import client, page_store
from newsroom.newsletters import archive, consent, consent_words, offers, sign_up
from newsroom.newsletters.forms import AddressForm, SignUpForm
from newsroom.newsletters.models import ConsentText, Newsletter
from newsroom.newsletters.models.subscriber import Source
from newsroom.publication import furniture

# By this header a page's script asks for the form or the answer alone.
IN_PLACE = "X-In-Place"


@require_safe
@page_store.public_page
def newsletters(request: HttpRequest) -> HttpResponse:
    return _list(request)


@require_safe
@page_store.public_page
def newsletter(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Newsletter, slug=slug)
    site = furniture.load()
    text = consent.current_text(site.language)
    page_store.shows(request, offers.SHOWN, f"newsletter:{found.pk}")
    context = {
        "newsletter": found,
        "offer": found,
        "issues": archive.page_of(found, request) if found.has_archive else None,
        "has_preview": archive.preview_of(found) is not None,
        **_form_context(site, text, "box", Source.SITE),
    }
    return furniture.render(request, "newsletters/newsletter.html", context, site=site)


@require_safe
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """To the newest issue. Another one tomorrow, so nobody may keep this answer."""
    found = get_object_or_404(Newsletter, slug=slug)
    response = HttpResponseRedirect(
        (archive.preview_of(found) or found).get_absolute_url()
    )
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@page_store.public_page
def issue(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    found = archive.find(slug, public_id)
    if found is None:
        raise Http404
    copy = archive.copy_of(found)
    page_store.shows(request, *copy.shows)
    context = {
        "copy": copy,
        "issue": found,
        "newsletter": found.newsletter,
        "page_language": found.newsletter.language,
    }
    return furniture.render(request, "newsletters/issue.html", context)


@require_safe
@page_store.public_page
def feed(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Newsletter, slug=slug, has_archive=True)
    page_store.shows(request, f"newsletter:{found.pk}", "furniture")
    return HttpResponse(
        archive.feed_of(found, furniture.load()),
        content_type="application/atom+xml; charset=utf-8",
    )


@csrf_exempt
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """The sign-up form: the same answer, and the same work, for every address."""
    if client.is_foreign(request):
        return _refused(request)
    form = SignUpForm(request.POST)
    if not form.is_valid() or form.suggestion:
        return _form_again(request, form)
    if not form.is_trapped:
        language = furniture.load().language
        sign_up.ask(
            form.cleaned_data["email"],
            form.cleaned_data["newsletter"],
            network=client.network(request),
            language=language,
            text=form.cleaned_data["text"] or consent.current_text(language),
            source=Source(form.cleaned_data["source"] or Source.SITE),
        )
    return _answer(request, "newsletters:check")


@require_safe
@page_store.public_page
def check(request: HttpRequest) -> HttpResponse:
    page_store.shows(request, offers.SHOWN)
    return furniture.render(request, "newsletters/check.html", {})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@page_store.public_page
def my_link(request: HttpRequest) -> HttpResponse:
    """For who has lost the link to their own page."""
    page_store.shows(request, offers.SHOWN)
    if request.method != "POST":
        return furniture.render(request, "newsletters/my_link.html", {})
    if client.is_foreign(request):
        return _refused(request)
    form = AddressForm(request.POST)
    if not form.is_valid() or form.suggestion:
        status = 200 if form.is_valid() else 422
        context = {"form": form}
        return furniture.render(
            request, "newsletters/my_link.html", context, status=status
        )
    if not form.is_trapped:
        sign_up.ask_for_link(
            form.cleaned_data["email"], network=client.network(request)
        )
    return redirect("newsletters:link_sent")


@require_safe
@page_store.public_page
def link_sent(request: HttpRequest) -> HttpResponse:
    page_store.shows(request, offers.SHOWN)
    return furniture.render(request, "newsletters/link_sent.html", {})


def _list(
    request: HttpRequest, form: SignUpForm | None = None, status: int = 200
) -> HttpResponse:
    site = furniture.load()
    offered, text = offers.all_open(site.language)
    page_store.shows(request, offers.SHOWN)
    chosen = form.chosen if form else {offer.pk for offer in offered[:1]}
    context = {
        "offers": offered,
        "chosen": chosen,
        **(_form_context(site, text, "list", Source.SITE) if text else {}),
        "form": form,
    }
    return furniture.render(
        request, "newsletters/list.html", context, site=site, status=status
    )


def _form_context(
    site: furniture.Furniture,
    text: offers.Consent | ConsentText,
    variant: str,
    source: Source,
) -> dict[str, object]:
    return {
        "consent": text,
        "consent_words": consent_words.as_html(text.text, site),
        "source": source,
        "variant": variant,
    }


def _form_again(request: HttpRequest, form: SignUpForm) -> HttpResponse:
    status = 200 if form.is_valid() else 422
    if IN_PLACE not in request.headers:
        return _uncached(_list(request, form, status))
    site = furniture.load()
    is_list = request.POST.get("variant") == "list"
    text = consent.current_text(site.language)
    source = Source(form.cleaned_data.get("source") or Source.SITE)
    context = {
        **_form_context(site, text, "list" if is_list else "box", source),
        "form": form,
        "offer": None if is_list else {"pk": next(iter(form.chosen), None)},
    }
    with furniture.speaking(site.language):
        part = render_to_string("newsletters/_form.html", context)
    return _uncached(HttpResponse(part, status=status))


def _answer(request: HttpRequest, view: str) -> HttpResponse:
    if IN_PLACE not in request.headers:
        return redirect(view)
    with furniture.speaking(furniture.load().language):
        return _uncached(HttpResponse(render_to_string("newsletters/_answer.html")))


def _refused(request: HttpRequest) -> HttpResponse:
    return furniture.render(request, "newsletters/refused.html", {}, status=403)


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
