"""Rule files: TOML and JSON read, checked, and written."""
