"""Who may do what: one table, put into Django's groups by each migration.

The names of permissions are ``app.codename``. A permission that a later
migration creates joins its roles by calling ``apply`` from there again.
"""

from collections.abc import Mapping
from typing import Any

from django.apps.registry import Apps

WRITERS = "Writers"
EDITORS = "Editors"
PUBLISHERS = "Publishers"
PICTURE_DESK = "Picture desk"
NEWSLETTER_STAFF = "Newsletter staff"
SUPPORT_STAFF = "Support staff"

WITH_SECOND_FACTOR = (
    EDITORS,
    PUBLISHERS,
    PICTURE_DESK,
    NEWSLETTER_STAFF,
    SUPPORT_STAFF,
)

_READS = (
    "articles.view_section",
    "articles.view_topic",
    "articles.view_contributor",
    "articles.view_image",
    "articles.view_licence",
    "articles.view_correction",
    "publication.view_publication",
    "publication.view_page",
)
_WRITES = (
    *_READS,
    "articles.add_article",
    "articles.change_article",
    "articles.view_article",
    "articles.add_topic",
    "articles.add_image",
    "articles.change_image",
)
_EDITS = (
    *_WRITES,
    "articles.edit_every_draft",
    "articles.review_article",
    "articles.add_contributor",
    "articles.change_contributor",
    "articles.change_topic",
)
_PUBLISHES = (
    *_EDITS,
    "articles.publish_article",
    "articles.override_credit",
    "articles.withdraw_image",
    "articles.delete_article",
    "articles.add_correction",
    "articles.change_correction",
    "articles.add_section",
    "articles.change_section",
    "publication.view_redirect",
    "publication.add_redirect",
    "publication.change_redirect",
    "publication.delete_redirect",
    "publication.add_page",
    "publication.change_page",
)
_PICTURES = (
    *_READS,
    "articles.view_article",
    "articles.add_image",
    "articles.change_image",
    "articles.delete_image",
    "articles.withdraw_image",
    "articles.add_licence",
    "articles.change_licence",
)
_NEWSLETTERS = (
    *_READS,
    "articles.view_article",
    "newsletters.view_newsletter",
    "newsletters.add_newsletter",
    "newsletters.change_newsletter",
    "newsletters.view_rule",
    "newsletters.add_rule",
    "newsletters.change_rule",
    "newsletters.delete_rule",
    "newsletters.view_sequencestep",
    "newsletters.add_sequencestep",
    "newsletters.change_sequencestep",
    "newsletters.delete_sequencestep",
    "newsletters.view_issue",
    "newsletters.add_issue",
    "newsletters.change_issue",
    "newsletters.delete_issue",
    "newsletters.send_issue",
    "newsletters.view_subscriber",
    "newsletters.add_subscriber",
    "newsletters.change_subscriber",
    "newsletters.delete_subscriber",
    "newsletters.view_subscriberimport",
    "newsletters.add_subscriberimport",
    "newsletters.change_subscriberimport",
    "newsletters.view_segment",
    "newsletters.add_segment",
    "newsletters.change_segment",
    "newsletters.delete_segment",
    "newsletters.view_suppression",
    "newsletters.add_suppression",
    "newsletters.delete_suppression",
    "newsletters.view_consenttext",
    "newsletters.add_consenttext",
    "newsletters.view_consentevent",
    "newsletters.view_bounceevent",
)
_SUPPORT = (
    *_READS,
    "articles.view_article",
    *(
        f"support.{action}_{model}"
        for model in (
            "campaign",
            "prompt",
            "promptvariant",
            "targetingrule",
            "amountchoice",
            "freeamount",
            "paymentmethod",
            "countrypolicy",
            "question",
            "spendingshare",
        )
        for action in ("view", "add", "change", "delete")
    ),
    "support.view_asking",
    "support.change_asking",
    "support.view_spending",
    "support.change_spending",
    "support.view_contribution",
    "support.refund_contribution",
    "support.view_recurringcontribution",
    "support.change_recurringcontribution",
    "support.view_giver",
    "support.change_giver",
    "support.export_giver",
    "support.view_giverlook",
    "support.view_ledgerentry",
    "support.view_refundorder",
    "support.view_webhookevent",
    "support.change_webhookevent",
    "support.view_difference",
    "support.change_difference",
    "support.view_reminder",
    "support.view_bankline",
    "support.add_bankline",
    "support.change_bankline",
    "support.view_exchangerate",
    "support.add_exchangerate",
    "newsletters.view_newsletter",
)

TABLE: Mapping[str, tuple[str, ...]] = {
    WRITERS: _WRITES,
    EDITORS: _EDITS,
    PUBLISHERS: _PUBLISHES,
    PICTURE_DESK: _PICTURES,
    NEWSLETTER_STAFF: _NEWSLETTERS,
    SUPPORT_STAFF: _SUPPORT,
}


def apply(apps: Apps) -> None:
    """Give each role's group exactly the permissions of the table.

    Takes a migration's registry (or the real one). Permissions that do not exist
    yet are made here, since Django only makes them after all migrations have run;
    those of models that only a later migration makes are left to that one.
    """
    group_model = apps.get_model("auth", "Group")
    for role, names in TABLE.items():
        group, _created = group_model.objects.get_or_create(name=role)
        found = (_permission(apps, name) for name in names)
        group.permissions.set([permission for permission in found if permission])


def _permission(apps: Apps, name: str) -> Any:
    """The row, or ``None`` where a migration's registry does not know it yet."""
    app_label, codename = name.split(".")
    if app_label not in apps.app_configs:
        return None
    content_type_model = apps.get_model("contenttypes", "ContentType")
    permission_model = apps.get_model("auth", "Permission")
    for model in apps.get_app_config(app_label).get_models():
        own = dict(model._meta.permissions) | {
            f"{action}_{model._meta.model_name}": (
                f"Can {action} {model._meta.verbose_name_raw}"
            )
            for action in model._meta.default_permissions
        }
        if codename in own:
            content_type, _ = content_type_model.objects.get_or_create(
                app_label=app_label, model=model._meta.model_name
            )
            permission, _ = permission_model.objects.get_or_create(
                content_type=content_type,
                codename=codename,
                defaults={"name": own[codename]},
            )
            return permission
    return None
