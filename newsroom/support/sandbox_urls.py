"""The sandbox's own pages; mounted in the demo alone, under ``demo/pay/``."""

from django.urls import path

from newsroom.support import sandbox_views as views

urlpatterns = [
    path("", views.books, name="sandbox"),
    path("card/<str:ref>/", views.card, name="sandbox_card"),
    path("<str:ref>/", views.checkout, name="sandbox_checkout"),
    path("<str:ref>/bank/", views.bank, name="sandbox_bank"),
]
