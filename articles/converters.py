from datetime import date


class IsoDateConverter:
    """A day as path: 2026/11/23."""

    regex = "[0-9]{4}/[0-9]{2}/[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value.replace("/", "-"))

    def to_url(self, value: date) -> str:
        return value.isoformat().replace("-", "/")
