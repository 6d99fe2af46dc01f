"""Countries where giving could harm the giver: what we ask, accept and mail there.

Nothing here is kept: a country comes in, a decision goes out.
"""

from newsroom.support.models import Contribution, CountryPolicy


def policies() -> list[CountryPolicy]:
    return list(CountryPolicy.objects.order_by("name", "pk"))


def verdict(country: str) -> Contribution.Verdict:
    """On the country of a charge, once the provider has said all that it will.

    Where it names none (an empty string), there is nothing to refuse.
    """
    if refuses(country):
        return Contribution.Verdict.REFUSED
    return Contribution.Verdict.ACCEPTED


def refuses(country: str) -> CountryPolicy | None:
    """The policy by which nothing is accepted from a country."""
    policy = of(country)
    return policy if policy and policy.never_accept else None


def refuses_any() -> bool:
    return CountryPolicy.objects.filter(never_accept=True).exists()


def may_mail(country: str) -> bool:
    policy = of(country)
    return policy is None or policy.sends_mail


def warning_for(language: str) -> CountryPolicy | None:
    """The policy whose warning comes first on pages in a language."""
    policies = CountryPolicy.objects.filter(languages__contains=[language], warns=True)
    return policies.order_by("name", "pk").first()


def asks_in(language: str) -> bool:
    """Whether pages in a language may ask for money at all."""
    silent = CountryPolicy.objects.filter(
        languages__contains=[language], never_ask=True
    )
    return not silent.exists()


def of(country: str) -> CountryPolicy | None:
    """The policy of a country, two letters of ISO 3166-1."""
    if not country:
        return None
    return CountryPolicy.objects.filter(country__iexact=country).first()
