"""What asks readers: messages, where they stand, how often, what came of them."""
