"""What is PostgreSQL's own: many processes at once, and a server that comes and goes."""
