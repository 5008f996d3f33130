"""What a text says: its questions, without courtesies, footers, slips; what turns them round."""
