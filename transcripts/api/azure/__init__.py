"""Azure Speech over REST, as the vendor's client library and documentation speak it."""
