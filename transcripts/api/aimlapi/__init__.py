"""The speech-to-text part of aimlapi's API: a call is answered with an id, by which its text is fetched."""
