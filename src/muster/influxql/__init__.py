"""InfluxQL, the query language of InfluxDB 1.x: text to statements, and statements over columns."""
