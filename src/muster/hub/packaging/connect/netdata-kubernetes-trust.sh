( cd "$(mktemp -d)" &&
  @EXPORT@curl -fsSk@CURL_PROXY@ -o muster-root.pem @ROOT_URL@ &&
  echo "the root of this hub has SHA-256 @ROOT_FINGERPRINT@" &&
  echo "@ROOT_SHA256@  muster-root.pem" | sha256sum -c - &&
  for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
    /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem /dev/null; do test -r "$bundle" && break; done &&
  cat "$bundle" muster-root.pem >ca-certificates.crt &&
  kubectl create namespace netdata --dry-run=client --output yaml | kubectl apply -f - &&
  kubectl create configmap muster-trust --namespace netdata --from-file ca-certificates.crt \
    --dry-run=client --output yaml | kubectl apply --server-side -f - )
