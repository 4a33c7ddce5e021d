"""Deepgram's API for recorded sound, as the vendor's client libraries speak it."""
