"""What was given: booked, given back, compared, added up, drawn, exported."""
