( cd "$(mktemp -d)" &&
  @EXPORT@wget -q --no-check-certificate -O kickstart.sh @URL@/install/kickstart.sh &&
  echo "@SHA256@  kickstart.sh" | sha256sum -c - &&
  printf %s '@TOKEN@' |
  @AS_ROOT@ sh kickstart.sh --claim-token-file -@OPTIONS@ )
