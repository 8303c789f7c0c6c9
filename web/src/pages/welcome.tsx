// The first minutes with an empty hub: name the space, then connect the first machine. One that joins meanwhile leads on.

import { useEffect, useRef, useState } from "preact/hooks";
import { people } from "../api/people";
import type { NodeView } from "../api/types";
import { sentence } from "../format/states";
import { grouped } from "../format/units";
import { navigate } from "../state/location";
import { loaded, nodeCount, nodes } from "../state/nodes";
import { hubName, isAdmin, spaceId, spaceName } from "../state/session";
import { reloadSpaces } from "../state/spaces";
import { toast } from "../state/toasts";
import { cli } from "../widgets/cli-line";
import { Button, Field } from "../widgets/controls";
import { Icon } from "../widgets/icon";
import { goTo } from "../widgets/places";
import { Shell } from "../widgets/shell";

/** Whoever can't name the space has no first steps to take. */
export function WelcomePage() {
  const admin = isAdmin.value;
  useEffect(() => {
    if (!admin) navigate("/nodes", true);
  }, [admin]);
  return admin ? <Welcome /> : null;
}

/** The machine that joined since the page was opened, the hub's own aside; its page is the next step. */
function useJoined(): NodeView | null {
  const before = useRef<ReadonlySet<string> | null>(null);
  const list = nodes.value;
  if (loaded.value) before.current ??= new Set(list.keys());
  return [...list.values()].find((node) => !node.local && before.current?.has(node.id) === false) ?? null;
}

function whoIsHere(): string {
  if (nodeCount.value > 1) return `${grouped(nodeCount.value)} machines are connected.`;
  const known = nodeCount.value
    ? "Only the hub's own machine is connected yet."
    : "Nothing is connected yet.";
  return `${loaded.value ? `${known} ` : ""}Two steps, a minute each.`;
}

function Welcome() {
  const before = spaceName.value;
  const [name, setName] = useState(before);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const wanted = name.trim();
  const joined = useJoined();
  const next = joined ? `/nodes/${joined.id}` : "/connect";
  const first = joined ? `See ${joined.name}` : "Connect the first machine";
  useEffect(() => {
    // Who is about to name the space is not taken away from it.
    if (!joined || wanted !== before) return;
    toast(`${joined.name} has joined`);
    navigate(next, true);
  }, [joined?.id]);
  const go = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      if (wanted !== before) {
        await people.changeSpace(spaceId.value, { name: wanted });
        await reloadSpaces();
      }
      goTo(next);
    } catch (failure) {
      setError(sentence(failure instanceof Error ? failure.message : String(failure)));
      setBusy(false);
    }
  };
  return (
    <Shell title="Welcome" crumbs={[{ text: before, href: "/nodes" }, { text: "Welcome" }]}>
      <div class="pagehead">
        <div>
          <h1>Welcome to {hubName.value}</h1>
          <p>{joined ? `${joined.name} has joined.` : whoIsHere()}</p>
        </div>
      </div>
      <form class="welcome" onSubmit={go}>
        <section class="step">
          <span class="n">1</span>
          <h2>Name the space</h2>
          <div class="stackv">
            <Field
              label="Name"
              hint="It owns your machines, rooms and people: a home, a company, a site. It can be renamed at any time."
              error={error}
              input={{
                value: name,
                required: true,
                maxLength: 100,
                autofocus: true,
                autocomplete: "off",
                onInput: (event) => setName(event.currentTarget.value),
                onFocus: (event) => event.currentTarget.select(),
              }}
            />
            {wanted !== before && wanted && (
              <code class="soft">{cli("muster", "space", "rename", before, wanted)}</code>
            )}
          </div>
        </section>
        <section class="step">
          <span class="n">2</span>
          <h2>Connect the first machine</h2>
          <div class="stackv">
            <p class="soft">
              One line, one paste. The machine makes its own key, and the key never leaves it; the page shows
              it arrive.
            </p>
            <div class="chips">
              <Button kind="primary" icon="plug" type="submit" disabled={busy || !wanted}>
                {wanted && wanted !== before
                  ? `Name it ${wanted} and ${joined ? `see ${joined.name}` : "connect"}`
                  : first}
              </Button>
              <a class="btn quiet" href="/nodes">
                Later
              </a>
            </div>
          </div>
        </section>
        <section class="step">
          <span class="n">
            <Icon name="clock" />
          </span>
          <h2>
            Then, when you like <small>none of it holds you up</small>
          </h2>
          <div>
            <ul class="stackv later">
              <li>
                <a href="/account">Change the first password, make a passkey</a>
              </li>
              <li>
                <a href="/rooms/new">Make rooms</a>{" "}
                <span class="soft">with rules, so that machines sort themselves</span>
              </li>
              <li>
                <a href="/people?do=invite">Invite people</a>
              </li>
              <li>
                <a href="/trust">Trust this hub's root in your browsers</a>
              </li>
            </ul>
          </div>
        </section>
      </form>
    </Shell>
  );
}
