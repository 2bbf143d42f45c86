"""A proof on an account: a throwaway environment lives its whole life, and answers what only AWS can answer."""
