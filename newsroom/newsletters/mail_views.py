"""Answers to what mails lead back to, and to those who report on them."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from newsroom.newsletters import bounces, clicks, webhook
from newsroom.newsletters.models import Issue


@require_safe
@never_cache
def go(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """Lead on to a link of an issue; count that it was followed, not by whom."""
    issues = Issue.objects.select_related("newsletter").only(
        "compiled", "newsletter__counts_clicks", "newsletter__time_zone"
    )
    issue = get_object_or_404(issues, public_id=public_id)
    url = clicks.target(issue, number)
    if url is None:
        raise Http404
    # Whoever only looks whether the link is there has not followed it.
    if request.method == "GET" and issue.newsletter.counts_clicks:
        clicks.count(issue, number)
    return HttpResponseRedirect(url)


@csrf_exempt
@require_POST
@never_cache
def take_in_report(request: HttpRequest) -> HttpResponse:
    """Take in a report that a mail server posts: a raw mail, or an event as JSON."""
    try:
        webhook.verify(
            request.headers.get("Bounce-Timestamp", ""),
            request.headers.get("Bounce-Signature", ""),
            request.body,
        )
        if request.content_type == "application/json":
            webhook.take_in_event(request.body)
        else:
            bounces.take_in(request.body, source=bounces.Source.WEBHOOK)
    except webhook.Forged:
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    except webhook.Unreadable:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    return HttpResponse(status=HTTPStatus.ACCEPTED)
