"""Pictures come into the library: by the drop zone one at a time, by a form many."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from articles import library
from articles.admin import image_looks
from articles.admin.base import PlainForm
from articles.models import Image
from newsroom.core import pictures

if TYPE_CHECKING:
    from articles.admin.images import ImageAdmin

# What can be read from a file, with the words for it.
READ_FIELDS = {
    "credit_line": gettext_lazy("credit line"),
    "creator": gettext_lazy("creator"),
    "copyright_notice": gettext_lazy("copyright notice"),
    "usage_terms": gettext_lazy("usage terms"),
    "source": gettext_lazy("source"),
    "licence": gettext_lazy("licence"),
    "headline": gettext_lazy("title"),
    "description": gettext_lazy("caption"),
    "alt_text": gettext_lazy("alt text"),
    "special_instructions": gettext_lazy("special instructions"),
    "taken_at": gettext_lazy("date"),
    "city": gettext_lazy("place"),
    "country": gettext_lazy("country"),
}


@dataclass(frozen=True)
class Outcome:
    """What became of one file: ``done``, ``same`` (known already) or ``refused``."""

    how: str
    words: str
    image: Image | None = None


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or many; ``clean`` gives a list."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = data if isinstance(data, (list, tuple)) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files]


class AddForm(PlainForm):
    """Files, and what shall stand with each of them in place of what they say."""

    original = FilesField(
        label=gettext_lazy("Files"),
        error_messages={
            "required": gettext_lazy("Choose a picture."),
            "empty": gettext_lazy("The file is empty."),
        },
        help_text=gettext_lazy(
            "One or several: JPEG, PNG, WebP, AVIF or TIFF, up to 60 MB "
            "together. What is in the file is read from it; what you write here "
            "stands in its place."
        ),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["original"].widget.attrs["accept"] = "image/*"
        # The drop zone sends files alone where scripts are off.
        if "provenance" in self.fields:
            self.fields["provenance"].required = False

    def _post_clean(self) -> None:
        """No row is made of this form: the library makes one of each file."""

    def typed(self) -> dict[str, Any]:
        return {
            name: self.cleaned_data[name]
            for name in self.changed_data
            if name != "original" and self.cleaned_data.get(name)
        }


def take(upload: UploadedFile, *, by: Any, typed: dict[str, Any]) -> Outcome:
    """Add the file to the library, and say in words what came of it."""
    try:
        image = library.add(upload, by=by, **typed)
    except library.AlreadyThere as error:
        words = _("Already in the library as “%(title)s”") % {"title": error.image}
        return Outcome("same", words, error.image)
    except pictures.Refused as error:
        return Outcome("refused", str(error))
    return Outcome("done", _what_was_read(image, typed), image)


@require_POST
def upload_view(request: HttpRequest, *, model_admin: "ImageAdmin") -> JsonResponse:
    """Take one file from the drop zone and answer in JSON."""
    if not model_admin.has_add_permission(request):
        words = _("You may not add pictures. Ask the picture desk.")
        return JsonResponse({"how": "refused", "words": words}, status=403)
    upload = request.FILES.get("original")
    if upload is None:
        words = _("No file arrived. Choose it again.")
        return JsonResponse({"how": "refused", "words": words}, status=400)
    outcome = take(upload, by=request.user, typed={})
    answer: dict[str, Any] = {"how": outcome.how, "words": outcome.words}
    if outcome.image is not None:
        answer["image"] = image_looks.card(outcome.image)
        answer["tile"] = render_to_string(
            "admin/articles/image/_tile.html",
            {
                "tile": image_looks.tile(outcome.image),
                "is_popup": IS_POPUP_VAR in request.POST,
            },
        )
    status = {"done": 201, "same": 200, "refused": 422}[outcome.how]
    return JsonResponse(answer, status=status)


def add_view(model_admin: "ImageAdmin", request: HttpRequest) -> HttpResponse:
    """The form for whoever uploads without scripts, or the same credit for many."""
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    form: AddForm = model_admin.get_form(request, None)(
        request.POST or None, request.FILES or None
    )
    if request.method == "POST" and form.is_valid():
        files = form.cleaned_data["original"]
        typed = form.typed()
        outcomes = [(file, take(file, by=request.user, typed=typed)) for file in files]
        if any(outcome.image for _file, outcome in outcomes):
            return _after_adding(model_admin, request, outcomes)
        for file, outcome in outcomes:
            form.add_error("original", f"“{file.name}”: {outcome.words}")
    return _form_page(model_admin, request, form)


def words_for_script() -> dict[str, str]:
    """The sentences of the drop zone, for the script that fills them in."""
    return {
        "waiting": _("Waiting"),
        "sending": _("Sending, {percent} %"),
        "reading": _("Reading the file…"),
        "stop": _("Stop"),
        "stopped": _("Stopped. Nothing was kept."),
        "again": _("Try again"),
        "dismiss": _("Dismiss"),
        "check": _("Check the credit"),
        "use": _("Use it"),
        "use_that": _("Use that one"),
        "look": _("Open that one"),
        "too_large": _("Larger than {size}. Send a smaller copy."),
        "no_connection": _("The connection was lost. The file is kept here."),
        "signed_out": _(
            "You are signed out. Sign in in another tab, then try again here."
        ),
        "server": _("The server could not take it just now. The file is kept here."),
        "progress": _("{name}: {words}"),
        "leave": _("Pictures are still being sent."),
    }


def _what_was_read(image: Image, typed: dict[str, Any]) -> str:
    found = [
        str(words)
        for name, words in READ_FIELDS.items()
        if getattr(image, name) and name not in typed
    ]
    if not found and typed:
        return _("Added with what you wrote.")
    if not found:
        return _("Added. The file says nothing about its credit: write it.")
    return _("Read from the file: %(found)s") % {"found": ", ".join(found)}


def _after_adding(
    model_admin: "ImageAdmin",
    request: HttpRequest,
    outcomes: list[tuple[UploadedFile, Outcome]],
) -> HttpResponse:
    levels = {"done": messages.SUCCESS, "same": messages.INFO}
    for file, outcome in outcomes:
        level = levels.get(outcome.how, messages.ERROR)
        words = f"“{file.name}”: {outcome.words}"
        model_admin.message_user(request, words, level)
        if outcome.how == "done":
            fields: list[Any] = [{"added": {}}]
            model_admin.log_addition(request, outcome.image, fields)
    images = [outcome.image for _file, outcome in outcomes if outcome.image]
    if IS_POPUP_VAR in request.POST and len(images) == 1:
        return model_admin.choose(request, images[0])
    if len(images) == 1:
        return HttpResponseRedirect(model_admin.change_url(images[0]))
    return HttpResponseRedirect(model_admin.list_url())


def _form_page(
    model_admin: "ImageAdmin", request: HttpRequest, form: AddForm
) -> TemplateResponse | HttpResponse:
    fieldsets = model_admin.get_fieldsets(request, None)
    admin_form = helpers.AdminForm(form, list(fieldsets), {}, model_admin=model_admin)
    context = model_admin.admin_site.each_context(request) | {
        "adminform": admin_form,
        "errors": helpers.AdminErrorList(form, []),
        "inline_admin_formsets": [],
        "is_popup": IS_POPUP_VAR in request.GET or IS_POPUP_VAR in request.POST,
        "media": model_admin.media + admin_form.media,
        "object_id": None,
        "original": None,
        "preserved_filters": "",
        "show_save_and_add_another": False,
        "show_save_and_continue": False,
        "to_field": request.POST.get(TO_FIELD_VAR, request.GET.get(TO_FIELD_VAR)),
    }
    return model_admin.render_change_form(request, context, add=True)
