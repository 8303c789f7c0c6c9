( cd "$(mktemp -d)" &&
  @EXPORT@curl -fsSk@CURL_PROXY@ -o kickstart.sh @URL@/install/kickstart.sh &&
  echo "@SHA256@  kickstart.sh" | shasum -a 256 -c - &&
  printf %s '@TOKEN@' |
  sudo@SUDO_ENV@ sh kickstart.sh --install /usr/local/ --claim-token-file -@OPTIONS@ )
