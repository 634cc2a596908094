"""The headers that every answer carries."""

from typing import Final

from flask import Response, request

from service.web.rooms import rooms

POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
ALWAYS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "",
}
ONE_YEAR: Final = 365 * 24 * 3600


def add_headers(response: Response) -> Response:
    """Called after every request."""
    for name, value in ALWAYS.items():
        response.headers[name] = value
    if rooms().settings.service.base_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"
    if request.endpoint == "static" and response.status_code < 400:  # noqa: PLR2004  only what was found
        response.headers["Cache-Control"] = "public, max-age=3600"
    else:
        response.headers["Cache-Control"] = "no-store"
    return response
