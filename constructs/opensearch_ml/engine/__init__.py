"""The search engine: domain or collection, provisioner, keeper and roles."""
