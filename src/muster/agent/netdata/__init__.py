"""The agent in Netdata's words: claim command, files of `cloud.d`, netdatacli, local API."""
