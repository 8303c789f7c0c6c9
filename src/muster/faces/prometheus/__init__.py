"""Prometheus' query API: what Grafana and other clients of Prometheus ask."""
