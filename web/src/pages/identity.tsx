// Identity: what the hub trusts, who may join, who may sign in, and what was done.

import { isAdmin, spaceName } from "../state/session";
import { AuditCard } from "../widgets/audit-card";
import { AuthorityCard } from "../widgets/authority-card";
import { ExpiryCard } from "../widgets/expiry-card";
import { Icon } from "../widgets/icon";
import { NodeDeeds } from "../widgets/node-deeds";
import { Shell } from "../widgets/shell";
import { TokensCard } from "../widgets/tokens-card";

export function IdentityPage() {
  return (
    <Shell title="Identity" crumbs={[{ text: spaceName.value, href: "/nodes" }, { text: "Identity" }]}>
      <div class="pagehead">
        <div>
          <h1>Identity</h1>
          <p>Who may join, who holds which key, and what the hub trusts.</p>
        </div>
        {isAdmin.value && (
          <a class="btn primary" href="/connect">
            <Icon name="plus" />
            New claim token
          </a>
        )}
      </div>
      <div class="cols">
        <AuthorityCard />
        <ExpiryCard />
      </div>
      {isAdmin.value && (
        <div class="stackv">
          <TokensCard />
          <AuditCard />
        </div>
      )}
      <NodeDeeds />
    </Shell>
  );
}
