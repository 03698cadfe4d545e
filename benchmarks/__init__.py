"""What was promised about speed, measured against a limit or a peer of the same run."""
