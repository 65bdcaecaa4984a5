"""An SMS gateway with a small REST API, delivery reports and a page that shows what arrived."""
