"""What tests of giving have in common."""

ADDRESS = "anna@reader.example"


def filled_in(**changes: str) -> dict[str, str]:
    """The support page's form: $25 once, by card."""
    return {
        "frequency": "once",
        "currency": "USD",
        "amount_once_USD": "2500",
        "method": "sandbox:card",
        "email": ADDRESS,
    } | changes
