"""Speech as it is spoken, over WebSockets: one session for all vendors."""
