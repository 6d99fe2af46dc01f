"""Gzip and Brotli for public text.

Private pages are left alone: where a secret and a reader's words are compressed
together, the size betrays the secret (BREACH).
"""

import gzip
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponseBase
from django.http.response import HttpResponse
from django.utils.cache import patch_vary_headers

SMALLEST = 500
# Where smaller costs much more time: a page of 46 kB takes 1 ms.
BROTLI_QUALITY = 4
GZIP_LEVEL = 4
TEXT_TYPES = (
    "text/",
    "application/atom+xml",
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/manifest+json",
    "application/xml",
    "image/svg+xml",
)


class CompressionMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and _may_be_compressed(response):
            _compress(response, request.headers.get("Accept-Encoding", ""))
        return response


def chosen_encoding(accepted: str) -> str:
    """``br``, ``gzip`` or ``identity``, by an Accept-Encoding (RFC 9110, 12.5.3)."""
    weights = _weights(accepted)
    others = weights.get("*", 0.0)
    offered = {name: weights.get(name, others) for name in ["br", "gzip"]}
    best = max(offered, key=lambda name: offered[name])
    if offered[best] <= 0 or weights.get("identity", 0.0) > offered[best]:
        return "identity"
    return best


def _weights(accepted: str) -> dict[str, float]:
    weights = {}
    for choice in accepted.lower().split(","):
        name, *parameters = [part.strip() for part in choice.split(";")]
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        weights["gzip" if name == "x-gzip" else name] = weight
    return weights


def _may_be_compressed(response: HttpResponse) -> bool:
    directives = response.headers.get("Cache-Control", "").replace(" ", "").split(",")
    return (
        response.status_code == 200
        and "public" in directives
        and not response.cookies
        and "Content-Encoding" not in response.headers
        and response.headers.get("Content-Type", "").startswith(TEXT_TYPES)
        and len(response.content) >= SMALLEST
    )


def _compress(response: HttpResponse, accepted: str) -> None:
    patch_vary_headers(response, ["Accept-Encoding"])
    encoding = chosen_encoding(accepted)
    if encoding == "identity":
        return
    if encoding == "br":
        response.content = brotli.compress(response.content, quality=BROTLI_QUALITY)
    else:
        response.content = gzip.compress(response.content, GZIP_LEVEL, mtime=0)
    response.headers["Content-Encoding"] = encoding
    response.headers["Content-Length"] = str(len(response.content))
    etag = response.headers.get("ETag", "")
    if etag.startswith('"'):  # other bytes: the same page, but only weakly so
        response.headers["ETag"] = f"W/{etag}"
