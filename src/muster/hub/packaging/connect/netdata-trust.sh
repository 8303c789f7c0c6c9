( command=$(command -v netdatacli || echo /opt/netdata/bin/netdatacli)
  if sudo "$command" aclk-state 2>&1 | grep -q 'ACLK Available: No'; then
    echo "this Netdata has no cloud link in it, as packages of distributions have none." \
      "Install Netdata's own package, or connect this machine by the agent of Muster." >&2
    exit 1
  fi
  folder=/var/lib/netdata
  test -d "$folder" || folder=/opt/netdata/var/lib/netdata
  cd "$(mktemp -d)" &&
  @EXPORT@curl -fsSk@CURL_PROXY@ -o muster-root.pem @ROOT_URL@ &&
  echo "the root of this hub has SHA-256 @ROOT_FINGERPRINT@" &&
  echo "@ROOT_SHA256@  muster-root.pem" | sha256sum -c - &&
  for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
    /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem /dev/null; do test -r "$bundle" && break; done &&
  cat "$bundle" muster-root.pem >muster-bundle.pem &&
  sudo install -d -m 0770 -o "$(stat -c %U "$folder")" -g "$(stat -c %G "$folder")" \
    "$folder/cloud.d" &&
  sudo install -m 0644 muster-root.pem "$folder/cloud.d/trusted.pem" &&
  sudo install -m 0644 muster-root.pem "$folder/cloud.d/cloud_fullchain.pem" &&
  sudo install -m 0644 muster-bundle.pem "$folder/cloud.d/muster-bundle.pem" &&
  if test -d /run/systemd/system; then
    sudo install -d /etc/systemd/system/netdata.service.d &&
    printf '[Service]\nEnvironment=SSL_CERT_FILE=%s\n' "$folder/cloud.d/muster-bundle.pem" |
    sudo tee /etc/systemd/system/netdata.service.d/muster.conf >/dev/null &&
    sudo systemctl daemon-reload && sudo systemctl restart netdata
  else
    echo "start Netdata anew, with SSL_CERT_FILE=$folder/cloud.d/muster-bundle.pem in its environment"
  fi )
