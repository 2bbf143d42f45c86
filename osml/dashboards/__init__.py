"""OpenSearch Dashboards of a domain in a browser: a proxy on this machine that signs each request."""
