chmod 600 muster.env
docker compose --file compose.yaml up --detach
