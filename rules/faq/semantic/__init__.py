"""The semantic extra: texts as vectors of meaning, where a desk names a model."""
