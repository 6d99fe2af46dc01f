"""A small site to try the edge with: settings, addresses and views in one module."""

import io
import os
import time
from pathlib import Path

from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

from newsroom.core import database, edge, protocol

DATA_DIR = Path(os.environ["DATA_DIR"])
BASE_DIR = DATA_DIR
DATABASE_EMBEDDED = False
DATABASES = {"default": database.configuration(DATA_DIR)}
SECRET_KEY = "only-for-tests"
ADDRESS_KEY = "only-for-tests-only-for-tests-only-for-tests"
INSTALLED_APPS = ["newsroom"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = __name__
ALLOWED_HOSTS = ["127.0.0.1"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_TZ = True
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "originals": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "originals"},
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

WEB_THREADS = 2
TRUSTED_PROXIES = os.environ.get("TRUSTED_PROXIES", "").split()
BODY_DEADLINE = float(os.environ.get("BODY_DEADLINE", "10"))
BODY_CAP = 1 << 20
BODY_CAP_ADMIN = 64 << 20

# Long enough to see the difference, short enough for tests.
protocol.HEAD_DEADLINE = float(os.environ.get("HEAD_DEADLINE", "10"))
edge.SECONDS_TO_WAIT_FOR_A_THREAD = 1.0


def plain(request):
    return HttpResponse("Hello")


def slow(request, seconds):
    time.sleep(seconds)
    return HttpResponse("Done")


def measure(request):
    return JsonResponse({"size": len(request.body)})


def fields(request):
    return JsonResponse({"fields": len(request.POST)})


def seen(request):
    return JsonResponse(
        {
            "address": request.META["REMOTE_ADDR"],
            "scheme": request.scheme,
            "headers": sorted(request.headers),
            "query": request.GET.get("q", ""),
        }
    )


def large(request):
    return HttpResponse(b"x" * (20 << 20))


def file(request):
    return FileResponse(io.BytesIO(b"x" * (20 << 20)), filename="large.bin")


def stream(request):
    return StreamingHttpResponse(f"line {number}\n" for number in range(5))


def broken(request):
    raise ValueError("canary")


urlpatterns = [
    path("", plain),
    path("slow/<int:seconds>/", slow),
    path("measure/", measure),
    path("admin/measure/", measure),
    path("fields/", fields),
    path("seen/", seen),
    path("large/", large),
    path("file/", file),
    path("stream/", stream),
    path("broken/", broken),
]
