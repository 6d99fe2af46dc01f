"""What is done with several subscribers at once, after a question."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsroom.newsletters import care, exports
from newsroom.newsletters.admin.subscriber_forms import LeaveForm, Plain
from newsroom.newsletters.admin.subscriber_pages import attachment
from newsroom.newsletters.models import Subscriber

MOST = 5000


def leave(
    request: HttpRequest, readers: QuerySet, *, model_admin: Any
) -> HttpResponse | None:
    form = LeaveForm(request.POST if "confirmed" in request.POST else None)
    if _too_many(request, readers, model_admin):
        return None
    if form.is_valid():
        newsletter = form.cleaned_data["newsletter"]
        count = care.end(list(readers), [newsletter] if newsletter else None)
        model_admin.said(request, count)
        return None
    lines = [_("They get no further issue. They can come back by signing up anew.")]
    return _ask(request, readers, model_admin, "leave", form, lines)


def suppress(
    request: HttpRequest, readers: QuerySet, *, model_admin: Any
) -> HttpResponse | None:
    form = Plain(request.POST if "confirmed" in request.POST else None)
    if _too_many(request, readers, model_admin):
        return None
    if form.is_valid():
        chosen = list(readers)
        for reader in chosen:
            care.suppress(bytes(reader.address_digest))
        model_admin.said(request, len(chosen))
        return None
    lines = [
        _("All their subscriptions end."),
        _("No import and no sign-up brings them back, until staff lift it."),
    ]
    return _ask(request, readers, model_admin, "suppress", form, lines)


def export(readers: QuerySet) -> HttpResponse:
    chosen = Subscriber.objects.filter(pk__in=readers.order_by().values("pk"))
    response: Any = StreamingHttpResponse(
        exports.lines(chosen), content_type=exports.CONTENT_TYPE
    )
    return attachment(response, "subscribers.csv")


def _too_many(request: HttpRequest, readers: QuerySet, model_admin: Any) -> bool:
    if readers.count() <= MOST:
        return False
    words = _("Choose at most %(most)s readers at once.") % {"most": MOST}
    model_admin.message_user(request, words, messages.ERROR)
    return True


def _ask(
    request: HttpRequest,
    readers: QuerySet,
    model_admin: Any,
    action: str,
    form: Plain,
    lines: list[str],
) -> HttpResponse:
    count = readers.count()
    titles = {
        "leave": ngettext(
            "Unsubscribe %(n)s reader", "Unsubscribe %(n)s readers", count
        ),
        "suppress": ngettext(
            "Send %(n)s reader no mail any more",
            "Send %(n)s readers no mail any more",
            count,
        ),
    }
    title = titles[action] % {"n": count}
    hidden = [("action", action), ("confirmed", "yes")]
    if request.POST.get("select_across") == "1":
        hidden.append(("select_across", "1"))
    chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
    hidden += [(ACTION_CHECKBOX_NAME, number) for number in chosen]
    response: HttpResponse = model_admin.page(
        request,
        "admin/newsletters/ask.html",
        title,
        form=form,
        hidden=hidden,
        lines=lines,
        button=title,
        back_url=request.get_full_path(),
        list_title=model_admin._heading(),
        list_url=model_admin.list_url(),
    )
    return response
