"""What the integration tests are built from: processes, keys, daemons, managers."""
