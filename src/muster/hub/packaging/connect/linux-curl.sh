( cd "$(mktemp -d)" &&
  @EXPORT@curl -fsSk@CURL_PROXY@ -o kickstart.sh @URL@/install/kickstart.sh &&
  echo "@SHA256@  kickstart.sh" | sha256sum -c - &&
  printf %s '@TOKEN@' |
  @AS_ROOT@ sh kickstart.sh --claim-token-file -@OPTIONS@ )
