"""Who gives, their own page, and what is forgotten of them."""
