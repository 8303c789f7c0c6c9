"""Sans-I/O codecs: bytes to messages and back, one format page each."""
