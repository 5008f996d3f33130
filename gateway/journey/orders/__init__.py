"""Orders from the command line, as stored events like any others."""
