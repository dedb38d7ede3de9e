"""A scripted OpenVPN daemon for tests: only its management interface."""
