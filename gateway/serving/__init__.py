"""A desk that runs: started, watched, told of changed files, and brought to rest."""
