( command=$(command -v netdata-claim.sh || echo /opt/netdata/bin/netdata-claim.sh)
  folder=/var/lib/netdata
  test -d "$folder" || folder=/opt/netdata/var/lib/netdata
  owner=$(stat -c %U "$folder") group=$(stat -c %G "$folder")
  sudo install -d -m 0770 -o "$owner" -g "$group" "$folder/cloud.d" &&
  sudo install -m 0640 -o "$owner" -g "$group" /dev/null "$folder/cloud.d/token" &&
  printf %s '@TOKEN@' | sudo tee "$folder/cloud.d/token" >/dev/null &&
  @EXPORT@sudo@SUDO_ENV@ "$command" -url=@URL@@SCRIPT_OPTIONS@
  code=$?
  sudo rm -f "$folder/cloud.d/token"
  exit "$code" )
