"""Staff and their roles. Only administrators see this."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import (
    UserChangeForm,
    UserCreationForm,
    UsernameField,
)
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from newsroom.accounts import second_factor
from newsroom.accounts.models import User
from newsroom.accounts.people import signed_in
from newsroom.core.model_admin import NewsroomModelAdmin

# Addresses and second factors are kept by their owners, under “Change password” and
# “Second factor”; nobody else reads them.
for _kept_by_owner in (EmailAddress, Authenticator, Group):
    if admin.site.is_registered(_kept_by_owner):
        admin.site.unregister(_kept_by_owner)

LABELS = {
    "groups": gettext_lazy("Roles"),
    "is_active": gettext_lazy("May sign in"),
    "is_superuser": gettext_lazy("Administrator"),
}
HELP = {
    "username": gettext_lazy("What this person signs in with. The address works too."),
    "groups": "",
    "is_active": gettext_lazy(
        "Switch it off when somebody leaves. What this person wrote stays."
    ),
    "is_superuser": gettext_lazy("May do everything, and looks after the staff."),
}


class PersonForm(UserChangeForm):
    password = None  # type: ignore[assignment]

    class Meta:
        model = User
        field_classes = {"username": UsernameField}
        fields = [
            "username",
            "first_name",
            "last_name",
            "email",
            "groups",
            "is_superuser",
            "is_active",
        ]
        labels = LABELS
        help_texts = HELP
        widgets = {"groups": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        others = User.objects.filter(is_superuser=True, is_active=True).exclude(
            pk=self.instance.pk
        )
        stays = cleaned.get("is_superuser") and cleaned.get("is_active")
        if not stays and not others.exists():
            self.add_error(
                None,
                _("This is the only administrator. Make somebody else one first."),
            )
        return cleaned


class NewPersonForm(UserCreationForm):
    class Meta:
        model = User
        field_classes = {"username": UsernameField}
        fields = ["username", "first_name", "last_name", "email", "groups"]
        labels = LABELS
        help_texts = HELP
        widgets = {"groups": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})


class OnlyAdministrators(NewsroomModelAdmin):
    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_administrator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_administrator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who worked here stays in the record of who did what: switch off instead."""
        return False


@admin.register(User)
class UserAdmin(OnlyAdministrators, auth_admin.UserAdmin):
    actions = ["remove_second_factor"]
    add_form = NewPersonForm
    add_form_template = None
    filter_horizontal = []
    form = PersonForm  # type: ignore[assignment]
    list_title = gettext_lazy("Staff")
    list_display = ["username", "full_name", "role_names", "has_factor", "is_active"]
    list_filter = ["is_active", "is_superuser", "groups"]
    ordering = ["username"]
    readonly_fields = ["password_link", "last_login", "date_joined"]
    add_fieldsets = [
        (None, {"fields": ["username", "first_name", "last_name", "email"]}),
        (gettext_lazy("What this person may do"), {"fields": ["groups"]}),
        (
            gettext_lazy("Password"),
            {"fields": ["password1", "password2"]},
        ),
    ]
    fieldsets = [
        (
            None,
            {"fields": ["username", "first_name", "last_name", "email"]},
        ),
        (
            gettext_lazy("What this person may do"),
            {"fields": ["groups", "is_superuser"]},
        ),
        (
            gettext_lazy("Access"),
            {"fields": ["is_active", "password_link", "last_login", "date_joined"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        factors = Authenticator.objects.filter(user=OuterRef("pk"))
        people = super().get_queryset(request)
        counted: QuerySet = people.prefetch_related("groups").annotate(
            with_factor=Exists(factors)
        )
        return counted

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        # Everybody who has an account here works here; readers have none.
        obj.is_staff = True
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("Name"), ordering="last_name")
    def full_name(self, person: User) -> str:
        return person.get_full_name()

    @admin.display(description=gettext_lazy("Roles"))
    def role_names(self, person: User) -> str:
        names = [group.name for group in person.groups.all()]
        if person.is_superuser:
            names.insert(0, _("Administrator"))
        return ", ".join(names)

    @admin.display(boolean=True, description=gettext_lazy("Second factor"))
    def has_factor(self, person: Any) -> bool:
        return bool(person.with_factor)

    @admin.display(description=gettext_lazy("Password"))
    def password_link(self, person: User) -> SafeString:
        url = reverse("admin:auth_user_password_change", args=[person.pk])
        return format_html('<a href="{}">{}</a>', url, _("Set another password"))

    @admin.action(
        description=gettext_lazy("Remove the second factor of the people chosen"),
        permissions=["change"],
    )
    @transaction.atomic
    def remove_second_factor(
        self, request: HttpRequest, people: QuerySet[User]
    ) -> None:
        """For somebody who lost the phone and the recovery codes."""
        count = 0
        for person in people:
            if Authenticator.objects.filter(user=person).exists():
                second_factor.forget_devices(person, by=signed_in(request))
                self.log_change(request, person, _("Removed the second factor."))
                count += 1
        words = ngettext(
            "%(count)s person signs in with the password alone now, until a new second "
            "factor is set up.",
            "%(count)s people sign in with the password alone now, until a new second "
            "factor is set up.",
            count,
        )
        self.message_user(request, words % {"count": count}, messages.SUCCESS)


@admin.register(Group)
class RoleAdmin(OnlyAdministrators):
    """What each role may do. It is part of the product, so it is only read."""

    fields = ["name", "members", "may"]
    list_display = ["name", "member_count"]
    list_title = gettext_lazy("Roles")
    ordering = ["name"]
    readonly_fields = ["name", "members", "may"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        roles = super().get_queryset(request)
        counted: QuerySet = roles.annotate(count=Count("user"))
        return counted

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("People"), ordering="count")
    def member_count(self, role: Any) -> int:
        return int(role.count)

    @admin.display(description=gettext_lazy("People"))
    def members(self, role: Group) -> str:
        people = User.objects.filter(groups=role).order_by("username")
        return ", ".join(str(person) for person in people) or "–"

    @admin.display(description=gettext_lazy("What it may do"))
    def may(self, role: Group) -> SafeString:
        permissions = role.permissions.select_related("content_type").order_by(
            "content_type__app_label", "content_type__model", "codename"
        )
        rows = format_html_join(
            "", "<li>{}</li>", ((permission.name,) for permission in permissions)
        )
        return format_html('<ul class="nr-plain">{}</ul>', rows)


def _is_administrator(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser
