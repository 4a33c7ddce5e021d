"""The OpenAI Audio API, as the vendor's client libraries speak it."""
