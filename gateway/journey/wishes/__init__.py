"""What people ask of the desk itself: help, their requests, a language, a linked account."""
