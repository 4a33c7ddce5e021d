"""The product's own API, below `/api/v1/`: everything that the pages do. One module a resource."""
