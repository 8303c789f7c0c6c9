( umask 077 && printf '%s\n' 'MUSTER_CLAIM_TOKEN=@TOKEN@' 'MUSTER_CLAIM_URL=@URL@'@ENV_WORDS@ > muster.env )
docker run --detach --name muster-agent --restart unless-stopped \
  --network host --read-only --tmpfs /tmp --cap-drop ALL \
  --security-opt no-new-privileges --env-file muster.env \
  --volume muster-agent:/var/lib/muster muster-agent:@VERSION@
rm muster.env
