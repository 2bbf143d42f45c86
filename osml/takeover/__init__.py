"""What others have left in a domain: read, shown as a tree, and adopted by an environment."""
