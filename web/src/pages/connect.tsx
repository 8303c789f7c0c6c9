// Connect: choices left, the one line and who arrives right. Nothing is made until one asks for the line,
// because each line is a right to join; from then on the page watches by itself.

import { useComputed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { ApiError, api } from "../api/client";
import { sentence } from "../format/states";
import { plural } from "../format/units";
import { follow, forget, known, made, make } from "../state/joining";
import { param, setParams } from "../state/location";
import { loadRooms, rooms } from "../state/rooms";
import { isAdmin, isEditor, spaceName } from "../state/session";
import { failed } from "../state/toasts";
import { Arrivals } from "../widgets/arrivals";
import { Chip, Field, Segments } from "../widgets/controls";
import { Icon, type IconName } from "../widgets/icon";
import { JoinLine } from "../widgets/join-line";
import { Shell } from "../widgets/shell";
import { Empty } from "../widgets/states";

const CRUMBS = () => [
  { text: spaceName.value, href: "/nodes" },
  { text: "Nodes", href: "/nodes" },
  { text: "Connect" },
];
const TTLS = [
  ["600", "10 min"],
  ["3600", "1 hour"],
  ["86400", "1 day"],
  ["604800", "1 week"],
] as const;
const USES = [
  ["1", "1"],
  ["2", "2"],
  ["10", "10"],
  ["100", "100"],
] as const;

export type Environment = "linux" | "checkout";
const ENVIRONMENTS: [key: Environment, name: string, about: string, icon: IconName][] = [
  ["linux", "Linux", "with the muster command", "terminal"],
  ["checkout", "This checkout", "from its .venv", "box"],
];

/** The choices, as the address holds them. */
export function choices() {
  const chosen = param("rooms").toLowerCase().split(",").filter(Boolean);
  return {
    environment: (param("env") === "checkout" ? "checkout" : "linux") as Environment,
    rooms: rooms.value.filter((room) => chosen.includes(room.name.toLowerCase())),
    ttl: TTLS.find(([key]) => key === param("ttl"))?.[0] ?? "600",
    uses: USES.find(([key]) => key === param("uses"))?.[0] ?? "1",
  };
}

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
          <Choices />
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

function Choices() {
  const chosen = useComputed(choices).value;
  const toggleRoom = (name: string) => {
    const names = chosen.rooms.map((room) => room.name);
    const next = names.includes(name) ? names.filter((each) => each !== name) : [...names, name];
    setParams({ rooms: next.join(",") }, true);
  };
  return (
    <form class="choices" onSubmit={(event) => event.preventDefault()}>
      <section class="step">
        <span class="n">1</span>
        <h2>Where does it run?</h2>
        <fieldset class="envs" aria-label="Where does it run?">
          {ENVIRONMENTS.map(([key, name, about, icon]) => (
            <label class="env" key={key}>
              <input
                type="radio"
                name="env"
                class="vh"
                checked={chosen.environment === key}
                onChange={() => setParams({ env: key === "linux" ? "" : key }, true)}
              />
              <Icon name={icon} />
              <span>
                {name}
                <small>{about}</small>
              </span>
            </label>
          ))}
        </fieldset>
      </section>
      <section class="step">
        <span class="n">2</span>
        <h2>
          Rooms <small>optional, can change later</small>
        </h2>
        <div class="chips">
          {rooms.value.map((room) => (
            <Chip key={room.id} pressed={chosen.rooms.includes(room)} onClick={() => toggleRoom(room.name)}>
              {room.name}
            </Chip>
          ))}
          {isEditor.value && <NewRoomChip onMade={toggleRoom} />}
        </div>
      </section>
      <section class="step">
        <span class="n">3</span>
        <h2>How far may this token go?</h2>
        <div class="row2">
          <span>Valid for</span>
          <Segments
            label="Valid for"
            value={chosen.ttl}
            options={TTLS}
            onChange={(ttl) => setParams({ ttl }, true)}
          />
          <span>Machines</span>
          <Segments
            label="Machines"
            value={chosen.uses}
            options={USES}
            onChange={(uses) => setParams({ uses }, true)}
          />
        </div>
      </section>
    </form>
  );
}

function NewRoomChip({ onMade }: { onMade: (name: string) => void }) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const add = async () => {
    try {
      await api.makeRoom(name.trim());
      await loadRooms();
      onMade(name.trim());
      setOpen(false);
      setName("");
    } catch (error) {
      failed(`The room ${name.trim()} was not made`, error);
    }
  };
  if (!open)
    return (
      <button type="button" class="chip" onClick={() => setOpen(true)}>
        <Icon name="plus" />
        New
      </button>
    );
  return (
    <span class="new-room">
      <Field
        label="Name of the new room"
        input={{
          value: name,
          maxLength: 64,
          autofocus: true,
          onInput: (event) => setName(event.currentTarget.value),
          onKeyDown: (event) => {
            if (event.key === "Enter" && name.trim()) void add();
            if (event.key === "Escape") setOpen(false);
          },
        }}
      />
      <button type="button" class="btn" disabled={!name.trim()} onClick={add}>
        Add
      </button>
    </span>
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
      await make({ rooms: ids, ttl_s: Number(chosen.ttl), uses: Number(chosen.uses), description: "" });
      setParams({ token: made.value?.answer.id ?? "" }, true);
    } catch (failure) {
      setError(failure instanceof ApiError ? sentence(failure.message) : String(failure));
    }
    setBusy(false);
  };
  const token = param("token");
  const here = made.value?.answer.id === token ? made.value : null;
  if (token && (here || known.value))
    return <JoinLine made={here} environment={chosen.environment} busy={busy} onAgain={create} />;
  return (
    <section class="card">
      <header>
        <h2>The line for the machine</h2>
      </header>
      <div class="body stackv">
        <p class="soft">
          It will let in {plural(Number(chosen.uses), "machine")} within{" "}
          {TTLS.find(([key]) => key === chosen.ttl)?.[1]}
          {chosen.rooms.length > 0 && `, into ${chosen.rooms.map((room) => room.name).join(" and ")}`}. The
          token is shown once; the hub keeps only its hash.
        </p>
        {error && (
          <p class="bad-text" role="alert">
            The line was not made. {error}
          </p>
        )}
        <div class="chips">
          <button type="button" class="btn primary" disabled={busy} onClick={create}>
            <Icon name="key" />
            Make the line
          </button>
        </div>
      </div>
    </section>
  );
}
