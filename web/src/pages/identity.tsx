// Identity: what the hub trusts, who may join, who may sign in, and what was done.

import { useEffect } from "preact/hooks";
import { isAdmin, spaceName } from "../state/session";
import { isHubAdmin, loadSpaces } from "../state/spaces";
import { AuthorityCard } from "../widgets/authority-card";
import { ExpiryCard } from "../widgets/expiry-card";
import { Icon } from "../widgets/icon";
import { NodeDeeds } from "../widgets/node-deeds";
import { RollCard } from "../widgets/roll-card";
import { Shell } from "../widgets/shell";
import { TokensCard } from "../widgets/tokens-card";

export function IdentityPage() {
  useEffect(() => void loadSpaces(), []);
  return (
    <Shell
      settles
      title="Identity"
      crumbs={[{ text: spaceName.value, href: "/nodes" }, { text: "Identity" }]}
    >
      <div class="pagehead">
        <div>
          <h1>Identity</h1>
          <p>Who may join, who holds which key, and what the hub trusts.</p>
        </div>
        {isAdmin.value && (
          <div class="chips">
            {isHubAdmin.value && (
              <>
                <a class="btn" href="/backups">
                  <Icon name="save" />
                  Backups
                </a>
                <a class="btn" href="/pki">
                  <Icon name="shield" />
                  Other services
                </a>
              </>
            )}
            <a class="btn" href="/audit">
              <Icon name="log" />
              Audit log
            </a>
            <a class="btn primary" href="/connect">
              <Icon name="plus" />
              New claim token
            </a>
          </div>
        )}
      </div>
      <div class="cols">
        <AuthorityCard />
        <div class="stackv">
          {isHubAdmin.value && <RollCard />}
          <ExpiryCard />
        </div>
      </div>
      {isAdmin.value && (
        <div class="stackv">
          <TokensCard />
        </div>
      )}
      <NodeDeeds />
    </Shell>
  );
}
