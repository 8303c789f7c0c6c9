"""Questions of Prometheus' wire, answered."""
