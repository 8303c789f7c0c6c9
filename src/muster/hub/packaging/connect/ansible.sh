mkdir -p roles &&
( @EXPORT@curl -fsSk@CURL_PROXY@ -o role.tar @URL@/install/files/@ROLE@ ) &&
echo "@ROLE_SHA256@  role.tar" | sha256sum -c - &&
tar -xf role.tar -C roles && rm role.tar &&
chmod 600 muster-claim.yaml &&
ansible-playbook -i inventory muster.yaml
