"""What tickets teach: solved ones looked up, alike requests grouped, entries drafted."""
