from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from newsroom.support import sandbox_urls, webhooks
from newsroom.support.checkout import views
from newsroom.support.people import giver_views, later_views

app_name = "support"

urlpatterns: list[URLPattern | URLResolver] = [
    path("support/", views.page, name="page"),
    path("support/again/<str:public_id>/", views.again, name="again"),
    path("support/thanks/<str:public_id>/", views.thanks, name="thanks"),
    path("hooks/<slug:provider>/", webhooks.take_in, name="hook"),
    path("support/later/", later_views.later, name="later"),
    path("support/later/<str:token>/", later_views.stop, name="later_stop"),
    path("support/mine/", giver_views.my_link, name="my_link"),
    path("support/mine/sent/", giver_views.my_link_sent, name="my_link_sent"),
    path("support/mine/back/", giver_views.back, name="mine_back"),
    path("support/mine/<str:token>/", giver_views.mine, name="mine"),
    path("support/mine/<str:token>/data/", giver_views.data, name="mine_data"),
    path("support/mine/<str:token>/erase/", giver_views.erase, name="mine_erase"),
    path(
        "support/mine/<str:token>/receipt/<str:public_id>/",
        giver_views.receipt,
        name="mine_receipt",
    ),
    path(
        "support/mine/<str:token>/year/<int:year>/",
        giver_views.mail_statement,
        name="mine_mail_statement",
    ),
    path(
        "support/mine/<str:token>/year/<int:year>/<str:currency>/",
        giver_views.statement,
        name="mine_statement",
    ),
    path(
        "support/mine/<str:token>/gift/<str:public_id>/",
        giver_views.gift,
        name="mine_gift",
    ),
    path(
        "support/mine/<str:token>/gift/<str:public_id>/end/",
        giver_views.cancel,
        name="mine_cancel",
    ),
    path(
        "support/mine/<str:token>/gift/<str:public_id>/card/",
        giver_views.card,
        name="mine_card",
    ),
]
if settings.DEMO:
    urlpatterns.append(path("demo/pay/", include(sandbox_urls.urlpatterns)))
