"""A ticket goes to people: what they are told of it, and how its story goes on with others."""
