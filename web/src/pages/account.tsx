// Account: what belongs to whoever is signed in, their password and their API tokens.

import { signing } from "../api/signin";
import { spaceName, userName, userRole } from "../state/session";
import { ApiTokensCard } from "../widgets/api-tokens-card";
import { PasskeysCard } from "../widgets/passkeys-card";
import { PasswordCard } from "../widgets/password-card";
import { Shell } from "../widgets/shell";
import { useRead } from "../widgets/use-read";
import { WaysCard } from "../widgets/ways-card";

export function AccountPage() {
  const ways = useRead(signing.ways);
  return (
    <Shell settles title="Account" crumbs={[{ text: spaceName.value, href: "/nodes" }, { text: "Account" }]}>
      <div class="pagehead">
        <div>
          <h1>Account</h1>
          <p>
            You are {userName.value}, {userRole.value} of {spaceName.value}.
          </p>
        </div>
      </div>
      <div class="cols account">
        <ApiTokensCard />
        <PasskeysCard />
        <WaysCard ways={ways} />
        <PasswordCard first={ways.data?.has_password === false} onSet={ways.again} />
      </div>
    </Shell>
  );
}
