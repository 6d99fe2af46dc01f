"""The Meridian, an invented newspaper: what ``make demo`` fills the site with."""
