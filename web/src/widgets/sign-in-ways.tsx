// Ways to sign in beside the password: a passkey, and the providers that the hub's settings name.

import { useState } from "preact/hooks";
import { signing } from "../api/signin";
import { canPasskeys, Dismissed } from "../api/webauthn";
import { sentence } from "../format/states";
import { enter } from "../state/session";
import { Icon, Mark } from "./icon";
import { useRead } from "./use-read";

const FAILED: Record<string, string> = {
  state: "It took too long, or was begun in another window.",
  provider: "The provider did not let you in.",
  no_group: "None of your groups has a role on this hub.",
  no_user: "You are no user of this hub yet.",
  name_taken: "Somebody else has your name here.",
  name: "Your name at the provider can't be used here.",
  disabled: "Your user is switched off.",
  code: "The provider's answer was used already.",
  expired: "The provider's answer came too late. If this goes on, compare the clocks of both.",
  early: "The provider's answer is of the future. Compare the clocks of both.",
  unavailable: "The provider does not answer.",
  limit_exceeded: "Too many tries; wait a minute.",
};

/** What a sign-in that came back with nothing is told by; the rest is in the hub's audit log. */
export const failedText = (reason: string): string =>
  `${FAILED[reason] ?? "The provider's answer did not hold."} Try again, or ask an admin: the audit log has the reason (${reason}).`;

export function SignInWays() {
  const { data } = useRead(signing.offer);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const [leaving, setLeaving] = useState("");
  const query = new URLSearchParams(location.search);
  const failed = query.get("failed") ?? "";
  const byPasskey = async () => {
    setBusy(true);
    setError("");
    try {
      await signing.byPasskey();
      await enter();
    } catch (failure) {
      setError(reasonOf(failure));
      setBusy(false);
    }
  };
  const passkeys = data && !data.passkeys && canPasskeys();
  if (!data || (!passkeys && !data.providers.length)) return failed ? <Failed reason={failed} /> : null;
  return (
    <div class="ways">
      {failed && <Failed reason={failed} />}
      <p class="or" aria-hidden="true">
        or
      </p>
      {data.providers.map((each) => (
        <a
          key={each.name}
          class="btn"
          href={signing.providerAddress(each.name, nextOf(location))}
          onClick={() => setLeaving(each.name)}
          target="_self" // the hub answers, not this page
        >
          <Icon name="leave" />
          {leaving === each.name ? `Going to ${each.label}` : `Sign in with ${each.label}`}
        </a>
      ))}
      {passkeys && (
        <button type="button" class="btn" disabled={busy} onClick={() => void byPasskey()}>
          <Icon name="finger" />
          {busy ? "Waiting for your passkey" : "Sign in with a passkey"}
        </button>
      )}
      {error && (
        <p class="bad-text" role="alert">
          <Mark name="crit" />
          <span>{error}</span>
        </p>
      )}
    </div>
  );
}

const Failed = ({ reason }: { reason: string }) => (
  <p class="note" role="alert">
    <Mark name="crit" />
    <span>{failedText(reason)}</span>
  </p>
);

/** Where one wanted to go; never back to the page that failed. */
const nextOf = ({ pathname, search }: Location): string =>
  search.includes("failed=") ? "/" : pathname + search;

function reasonOf(failure: unknown): string {
  if (failure instanceof Dismissed) return sentence(failure.message);
  return sentence(failure instanceof Error ? failure.message : String(failure));
}
