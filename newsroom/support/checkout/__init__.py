"""From the support page to the provider's own page, and back to the thanks."""
