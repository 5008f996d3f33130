"""A plan in the making: what it changes, whom it reaches, what it says, if it may say it."""
