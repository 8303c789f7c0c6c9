"""The hub on the wires of others: InfluxDB, Prometheus, Netdata. Built by hand."""
