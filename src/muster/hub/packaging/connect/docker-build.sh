( cd "$(mktemp -d)" &&
  @EXPORT@curl -fsSk@CURL_PROXY@ -o image.tar @URL@/install/files/@DOCKER@ &&
  echo "@DOCKER_SHA256@  image.tar" | sha256sum -c - &&
  docker build -t muster-agent:@VERSION@ - < image.tar )
