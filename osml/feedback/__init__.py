"""What people say about answers, for operators."""
