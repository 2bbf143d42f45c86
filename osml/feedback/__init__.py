"""What people say of answers, for operators."""
