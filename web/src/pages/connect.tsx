// Connect: choices left, the one line and who arrives right. Nothing is made until one asks for the line,
// because each line is a right to join; from then on the page watches by itself.

import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { sentence } from "../format/states";
import { plural } from "../format/units";
import { choices, isReadable, ttlText } from "../state/choices";
import { follow, forget, known, made, make } from "../state/joining";
import { param, setParams } from "../state/location";
import { isAdmin, spaceName } from "../state/session";
import { Arrivals } from "../widgets/arrivals";
import { Icon } from "../widgets/icon";
import { JoinChoices } from "../widgets/join-choices";
import { JoinLine } from "../widgets/join-line";
import { Shell } from "../widgets/shell";
import { Empty } from "../widgets/states";

const CRUMBS = () => [
  { text: spaceName.value, href: "/nodes" },
  { text: "Nodes", href: "/nodes" },
  { text: "Connect" },
];
export function ConnectPage() {
  const token = param("token");
  useEffect(() => (token ? follow(token) : undefined), [token]);
  useEffect(() => forget, []);
  return (
    <Shell title="Connect a node" crumbs={CRUMBS()}>
      <div class="pagehead">
        <div>
          <h1>Connect a node</h1>
          <p>One line, one paste. The machine makes its own key, and the key never leaves it.</p>
        </div>
      </div>
      {isAdmin.value ? (
        <div class="wizard">
          <JoinChoices />
          <div class="stackv">
            <Line />
            {token && <Arrivals environment={choices().environment} />}
          </div>
        </div>
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

function Line() {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const chosen = choices();
  const create = async () => {
    setBusy(true);
    setError("");
    try {
      const ids = chosen.rooms.map((room) => room.id);
      await make({ rooms: ids, ttl_s: chosen.ttl, uses: chosen.uses, description: "" });
      setParams({ token: made.value?.answer.id ?? "" }, true);
    } catch (failure) {
      setError(failure instanceof ApiError ? sentence(failure.message) : String(failure));
    }
    setBusy(false);
  };
  const token = param("token");
  const here = made.value?.answer.id === token ? made.value : null;
  if (token && (here || known.value))
    return (
      <JoinLine
        made={here}
        environment={chosen.environment}
        busy={busy || !isReadable.value}
        onAgain={create}
      />
    );
  return (
    <section class="card">
      <header>
        <h2>The line for the machine</h2>
      </header>
      <div class="body stackv">
        <p class={isReadable.value ? "soft" : "dim"}>
          It will let in {plural(chosen.uses, "machine")} within {ttlText(chosen.ttl)}
          {chosen.rooms.length > 0 && `, into ${chosen.rooms.map((room) => room.name).join(" and ")}`}. The
          token is shown once; the hub keeps only its hash.
        </p>
        {error && (
          <p class="bad-text" role="alert">
            The line was not made. {error}
          </p>
        )}
        <div class="chips">
          <button type="button" class="btn primary" disabled={busy || !isReadable.value} onClick={create}>
            <Icon name="key" />
            Make the line
          </button>
          {!isReadable.value && <span class="soft">First mend what is marked in step 3.</span>}
        </div>
      </div>
    </section>
  );
}
