// Connect: choices left, ready commands and who arrives right. Nothing is made until one asks for it, because each
// token is a right to join; from then on the page watches by itself.

import { useSignalEffect } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { joining } from "../api/joining";
import { sentence } from "../format/states";
import { followClaims } from "../state/approvals";
import { isNetdataEnvironment, isReadable, offered } from "../state/choices";
import { follow, forget, known, made, make, makePreview, previewError } from "../state/joining";
import { param, setParams } from "../state/location";
import { isAdmin, spaceId, spaceName } from "../state/session";
import { isComplete, wanted } from "../state/wanted";
import { Arrivals } from "../widgets/arrivals";
import { ClaimDeeds } from "../widgets/claim-deeds";
import { JoinChoices } from "../widgets/join-choices";
import { JoinLine, JoinPreview } from "../widgets/join-line";
import { Shell } from "../widgets/shell";
import { Empty } from "../widgets/states";
import { TokensCard } from "../widgets/tokens-card";
import { useRead } from "../widgets/use-read";

const CRUMBS = () => [
  { text: spaceName.value, href: "/nodes" },
  { text: "Nodes", href: "/nodes" },
  { text: "Connect" },
];

export function ConnectPage() {
  return (
    <Shell settles title="Connect a node" crumbs={CRUMBS()}>
      <div class="pagehead">
        <div>
          <h1>Connect a node</h1>
          <p>One line, one paste. The machine makes its own key, and the key never leaves it.</p>
        </div>
      </div>
      {isAdmin.value ? (
        <Wizard />
      ) : (
        <div class="card">
          <Empty
            title="Only an admin can make a claim token"
            text={`You may look at the nodes of ${spaceName.value}. An admin can make the line for you, or give you the admin role.`}
          />
        </div>
      )}
    </Shell>
  );
}

const PREVIEW_MS = 250;

function Wizard() {
  const token = param("token");
  const spaces = useRead(joining.spaces);
  const approval = spaces.data?.find((each) => each.id === spaceId.value)?.settings.approval === "always";
  useEffect(() => (token ? follow(token) : undefined), [token]);
  useEffect(() => forget, []);
  useEffect(() => followClaims(), []);
  useEffect(() => {
    joining.environments().then(
      (found) => {
        offered.value = found;
      },
      (error: Error) => {
        previewError.value = error.message;
      },
    );
  }, []);
  return (
    <>
      <div class="wizard">
        <JoinChoices />
        <div class="stackv">
          <Line approval={approval} />
          {token && <Arrivals />}
        </div>
      </div>
      <TokensCard fresh={`${made.value?.token.id} ${known.value?.used} ${known.value?.revoked_ns}`} />
      <ClaimDeeds />
    </>
  );
}

function Line({ approval }: { approval: boolean }) {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  usePreview();
  const create = async () => {
    setBusy(true);
    setError("");
    try {
      await make(wanted.peek());
      setParams({ token: made.value?.token.id ?? "" }, true);
    } catch (failure) {
      setError(failure instanceof ApiError ? sentence(failure.message) : String(failure));
    }
    setBusy(false);
  };
  const token = param("token");
  const here = made.value?.token.id === token ? made.value : null;
  if (token && (here || known.value))
    return (
      <>
        <JoinLine made={here} busy={busy || !isReadable.value || !isComplete.value} onAgain={create} />
        {error && (
          <p class="bad-text" role="alert">
            The line was not made. {error}
          </p>
        )}
      </>
    );
  return <JoinPreview busy={busy} error={error} approval={approval} onMake={create} />;
}

/** The commands follow the choices, a moment behind whoever clicks or types. */
function usePreview(): void {
  useSignalEffect(() => {
    const asked = wanted.value;
    if (!isReadable.value || !isComplete.value) return undefined;
    // A Netdata agent fetches no file of the hub: its line waits for none.
    if (!offered.value && !isNetdataEnvironment(asked.environment)) return undefined;
    const timer = setTimeout(() => void makePreview(asked), PREVIEW_MS);
    return () => clearTimeout(timer);
  });
}
