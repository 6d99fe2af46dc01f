"""Finding readers by a whole address or a domain, which never stand in a URL.

What is typed comes by POST. The list that follows is named by a keyed hash, which says
nothing to a log, a history or a shoulder.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from newsroom.core import mail_addresses
from newsroom.newsletters.models import Subscriber


class FoundByAddress(admin.ModelAdmin):
    """A list with a field for a whole address above it."""

    change_list_template = "admin/newsletters/found_by_address.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_search"
        search = self.admin_site.admin_view(require_POST(self.search))
        return [path("search/", search, name=name), *super().get_urls()]

    def search(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        typed = request.POST.get("address", "").strip()
        try:
            found = self.found(request, typed)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            found = ""
        return HttpResponseRedirect(found or "../")

    def found(self, request: HttpRequest, typed: str) -> str:
        """Where to go on; empty for the whole list. Raises ``ValidationError``."""
        digest = mail_addresses.digest(mail_addresses.normalised(typed))
        return f"../?address={digest.hex()}"


class AddressFilter(admin.SimpleListFilter):
    """One address, by its hash; to be seen only while it is in force."""

    title = gettext_lazy("address")
    parameter_name = "address"
    field = "address_digest"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        wanted = request.GET.get(self.parameter_name, "")
        return [(wanted, self.words(wanted))] if hash_of(wanted) else []

    def words(self, wanted: str) -> str:
        return _("the one you looked for")

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(**{self.field: hash_of(self.value() or "")})


class DomainFilter(AddressFilter):
    title = gettext_lazy("domain")
    parameter_name = "domain"
    field = "domain_digest"

    def words(self, wanted: str) -> str:
        reader = Subscriber.objects.filter(domain_digest=hash_of(wanted)).first()
        return reader.address.rpartition("@")[2] if reader else super().words(wanted)


def domain_hash(typed: str) -> str:
    """What finds the readers of a domain. Raises ``ValidationError``."""
    address = mail_addresses.normalised(f"x@{typed.strip().lstrip('@')}")
    return mail_addresses.domain_digest(address).hex()


def hash_of(wanted: str) -> bytes:
    """The bytes of a hash in a URL; empty for what is none."""
    try:
        found = bytes.fromhex(wanted)
    except ValueError:
        return b""
    return found if len(found) == mail_addresses.DIGEST_SIZE else b""
