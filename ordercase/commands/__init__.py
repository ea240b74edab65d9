"""What `ordercase <command>` does, one file a group. Reads settings, calls the other packages, prints."""
