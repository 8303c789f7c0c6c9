( umask 077 && printf '%s\n' 'NETDATA_CLAIM_TOKEN=@TOKEN@' 'NETDATA_CLAIM_URL=@URL@'@NETDATA_WORDS@ > netdata.env )
docker run --detach --name netdata --hostname "$(hostname)" --restart unless-stopped \
  --pid host --network host --cap-add SYS_PTRACE --cap-add SYS_ADMIN \
  --security-opt apparmor=unconfined --env-file netdata.env \
  --volume netdataconfig:/etc/netdata --volume netdatalib:/var/lib/netdata \
  --volume netdatacache:/var/cache/netdata --volume /:/host/root:ro,rslave \
  --volume /etc/passwd:/host/etc/passwd:ro --volume /etc/group:/host/etc/group:ro \
  --volume /etc/os-release:/host/etc/os-release:ro --volume /etc/localtime:/etc/localtime:ro \
  --volume /proc:/host/proc:ro --volume /sys:/host/sys:ro --volume /var/log:/host/var/log:ro \
  netdata/netdata
rm netdata.env
