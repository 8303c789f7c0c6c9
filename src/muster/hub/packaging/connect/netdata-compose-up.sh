chmod 600 netdata.env
docker compose --file compose.yaml up --detach
