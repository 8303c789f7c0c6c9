( command=$(command -v netdatacli || echo /opt/netdata/bin/netdatacli)
  folder=/etc/netdata library=/var/lib/netdata
  test -d "$folder" || folder=/opt/netdata/etc/netdata
  test -d "$library" || library=/opt/netdata/var/lib/netdata
  sudo install -m 0640 -g "$(stat -c %G "$library")" /dev/null "$folder/claim.conf" &&
  sudo tee "$folder/claim.conf" >/dev/null <<'CLAIM' &&
[global]
   url = @URL@
   token = @TOKEN@
   rooms = @ROOMS@
   insecure = no@CONF_PROXY@
CLAIM
  sudo "$command" reload-claiming-state )
