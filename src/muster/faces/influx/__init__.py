"""InfluxDB 1.x as Telegraf, Grafana and the like know it: writes, and the ways in."""
