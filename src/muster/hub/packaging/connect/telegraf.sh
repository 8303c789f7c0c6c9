( test -x /opt/muster/bin/muster || { echo "install the agent first: the commands for Linux" >&2; exit 1; }
  sudo install -d -o telegraf -g telegraf -m 0700 /var/lib/muster-telegraf &&
  sudo install -o telegraf -g telegraf -m 0600 agent.toml /var/lib/muster-telegraf/agent.toml &&
  printf %s '@TOKEN@' |
  sudo -u telegraf /opt/muster/bin/muster agent claim --token-file - \
    --data /var/lib/muster-telegraf --url @URL@ &&
  sudo install -m 0644 muster.conf /etc/telegraf/telegraf.d/muster.conf &&
  sudo install -m 0644 muster-telegraf.service muster-telegraf.path \
    muster-telegraf-reload.service /etc/systemd/system/ &&
  sudo systemctl daemon-reload &&
  sudo systemctl enable --now muster-telegraf.service muster-telegraf.path &&
  sudo systemctl restart telegraf )
