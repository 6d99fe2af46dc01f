from django.urls import path

from newsroom.publication import views

app_name = "publication"

urlpatterns = [
    path("page/<slug:slug>/", views.page, name="page"),
]
