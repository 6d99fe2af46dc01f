"""The pages round a picture's form: its card, its original, withdraw, restore."""

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from articles import library
from articles.admin import image_looks, image_uses
from articles.models import Image
from newsroom.accounts.models import User

if TYPE_CHECKING:
    from articles.admin.images import ImageAdmin

_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/heic": "heic",
    "image/heif": "heif",
    "image/tiff": "tif",
}


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "For your colleagues. It stands in the picture’s history."
        ),
        error_messages={"required": gettext_lazy("Say why, in a few words.")},
    )


def person(request: HttpRequest) -> User:
    signed_in = request.user
    assert isinstance(signed_in, User)  # noqa: S101 -- the admin lets nobody else in
    return signed_in


@require_safe
@never_cache
def card(request: HttpRequest, pk: int, *, model_admin: "ImageAdmin") -> JsonResponse:
    """The picture in a few words and addresses, for the editor and the grid."""
    return JsonResponse(image_looks.card(_viewable(model_admin, request, pk)))


@require_safe
@never_cache
def original(
    request: HttpRequest, pk: int, *, model_admin: "ImageAdmin"
) -> HttpResponseBase:
    """The file as it came, place and camera data included: for staff alone."""
    image = _viewable(model_admin, request, pk)
    try:
        file = image.original.open("rb")
    except OSError as error:
        raise Http404(_("The file of this picture is gone.")) from error
    title = slugify(image.headline) or f"picture-{image.pk}"
    ending = _ENDINGS.get(image.mime_type, "bin")
    response = FileResponse(
        file,
        as_attachment=True,
        filename=f"{title}.{ending}",
        content_type=image.mime_type
        if image.mime_type in _ENDINGS
        else "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(
    request: HttpRequest, pk: int, *, model_admin: "ImageAdmin"
) -> HttpResponse:
    """Ask for the reason and name what happens, then take it off every page."""
    image = _withdrawable(model_admin, request, pk)
    if image.is_withdrawn:
        return HttpResponseRedirect(model_admin.change_url(image))
    form = WithdrawForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        library.withdraw(image, by=person(request), reason=form.cleaned_data["reason"])
        words = _("“%(title)s” is withdrawn. No page shows it now.") % {"title": image}
        model_admin.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(model_admin.change_url(image))
    uses = image_uses.of(image)
    return model_admin.page(
        request,
        "admin/articles/image/withdraw.html",
        _("Withdraw “%(title)s”") % {"title": image},
        image,
        form=form,
        public_uses=[use for use in uses if use.is_public],
        other_uses=[use for use in uses if not use.is_public],
    )


@require_http_methods(["GET", "HEAD", "POST"])
def restore(
    request: HttpRequest, pk: int, *, model_admin: "ImageAdmin"
) -> HttpResponse:
    """Put a withdrawn picture back, after a question."""
    image = _withdrawable(model_admin, request, pk)
    if not image.is_withdrawn:
        return HttpResponseRedirect(model_admin.change_url(image))
    if request.method == "POST":
        try:
            library.restore(image, by=person(request))
        except library.NotPossible as error:
            model_admin.message_user(request, str(error), messages.ERROR)
        else:
            words = _("“%(title)s” is back. Its copies are being prepared.")
            model_admin.message_user(request, words % {"title": image})
        return HttpResponseRedirect(model_admin.change_url(image))
    return model_admin.page(
        request,
        "admin/articles/image/restore.html",
        _("Put “%(title)s” back") % {"title": image},
        image,
        public_uses=image_uses.public(image),
    )


def _viewable(model_admin: "ImageAdmin", request: HttpRequest, pk: int) -> Image:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    image: Image | None = model_admin.get_object(request, str(pk))
    if image is None:
        raise Http404
    return image


def _withdrawable(model_admin: "ImageAdmin", request: HttpRequest, pk: int) -> Image:
    if not model_admin.has_withdraw_permission(request):
        raise PermissionDenied
    return _viewable(model_admin, request, pk)
