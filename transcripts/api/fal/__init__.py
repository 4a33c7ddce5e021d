"""The fal API, as the vendor's client libraries speak it, for `fal-ai/whisper` and `fal-ai/wizper`."""
