"""The yardstick: the site's database and server, and Django with next to nothing."""

from newsroom.settings import *  # noqa: F403

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "simple_history",
    "taggit",
    "newsroom.apps.NewsroomConfig",
    "newsroom.core",
    "newsroom.accounts",
    "newsroom.publication",
    "articles",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
AUTHENTICATION_BACKENDS = []
ROOT_URLCONF = "benchmarks.bare"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "benchmarks" / "templates"],  # noqa: F405
    }
]
