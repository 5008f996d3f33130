"""What the journey asks of its adapters. Reading `gateway.model` and this is knowing the system."""
