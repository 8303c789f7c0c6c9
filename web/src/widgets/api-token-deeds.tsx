// Making an API token, and the one moment in which its text is seen.

import { useState } from "preact/hooks";
import { base } from "../api/base";
import { api } from "../api/client";
import type { NewApiTokenView, Role } from "../api/types";
import { actionsOf } from "../format/actions";
import { spanOption } from "../format/lifetimes";
import { roleName, rolesUpTo } from "../format/roles";
import { commandLine } from "../format/shell";
import { type Reading, readSpan } from "../format/spans";
import { duration, exactly, toMs } from "../format/times";
import { userName, userRole } from "../state/session";
import { Choice } from "./choice";
import { CopyButton, Field, Segments } from "./controls";
import { Deed } from "./dialog";
import { Icon } from "./icon";
import { ScopePicker, scopeOptions, UNBOUND } from "./token-scope";

const LIVES = [
  ["604800", "1 week"],
  ["2592000", "30 days"],
  ["7776000", "90 days"],
  ["31536000", "1 year"],
] as const;
const STANDARD_S = 7_776_000;
const LIFE_S = { least: 60, most: 31_536_000, why: "a token nobody thinks of any more must end by itself" };

const lifeText = (seconds: number): string =>
  LIVES.find(([key]) => Number(key) === seconds)?.[1] ?? duration(seconds);
const readLife = (text: string): Reading => readSpan(text, LIFE_S);

interface NewProps {
  onClose: () => void;
  onMade: (answer: NewApiTokenView) => void;
}

export function NewApiToken({ onClose, onMade }: NewProps) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer"); // the least, unless one asks for more
  const [life, setLife] = useState(STANDARD_S);
  const [readable, setReadable] = useState(true);
  const [scope, setScope] = useState(UNBOUND);
  const within = { ...scope, actions: scope.actions.filter((action) => actionsOf(role).includes(action)) };
  const make = async () => {
    if (!readable) throw new Error("the lifetime can't be read; mend it first");
    onMade(await api.makeApiToken({ name: name.trim(), role, ttl_s: life, ...within }));
  };
  return (
    <Deed
      title="New API token"
      consequence={`It acts as you, at most as ${roleName(userRole.value).toLowerCase()}, until it ends. It makes no other tokens.`}
      keep="Cancel"
      deed={`Make ${name.trim() || "the token"}`}
      wide
      cli={commandLine(
        ["muster", "user", "token", "create", "--name", name.trim() || "NAME", "--role", role],
        ["--ttl", spanOption(life), "--user", userName.value],
        scopeOptions(within),
      )}
      onClose={onClose}
      onDeed={make}
    >
      <Field
        label="Name"
        hint="What will use it: laptop, backup script."
        input={{
          value: name,
          required: true,
          maxLength: 100,
          autofocus: true,
          autocomplete: "off",
          onInput: (event) => setName(event.currentTarget.value),
        }}
      />
      <div class="field">
        <b>Role</b>
        <Segments label="Role" value={role} options={rolesUpTo(userRole.value)} onChange={setRole} />
        <small>A viewer looks, an editor also names nodes and rooms, an admin may do everything.</small>
      </div>
      <div class="field">
        <b>Lifetime</b>
        <Choice
          label="Lifetime"
          value={life}
          options={LIVES}
          text={lifeText}
          read={readLife}
          hint="A number and a unit: 36 h, 3 d, 2 weeks."
          onChange={setLife}
          onReadable={setReadable}
        />
      </div>
      <ScopePicker role={role} scope={within} onChange={setScope} />
    </Deed>
  );
}

export function MadeApiToken({ made, onDone }: { made: NewApiTokenView; onDone: () => void }) {
  return (
    <div class="body stackv made" role="status">
      <h3>{made.name || made.id} is made. Copy it now: it is shown this once.</h3>
      <div class="code">
        <pre>
          <mark>{made.token}</mark>
        </pre>
        <CopyButton text={made.token} kind="primary" />
      </div>
      <div class="note">
        <Icon name="shield" />
        <span>
          The hub keeps only its hash. It goes into a file that you alone may read, never into an argument:{" "}
          <code>muster --hub {location.origin + base} --token-file FILE --ca-file CA node list</code>. Other
          programs send it as <code>Authorization: Bearer</code>. It acts as{" "}
          {roleName(made.role).toLowerCase()} until {exactly(toMs(made.expires_ns))}.
        </span>
      </div>
      <div class="chips">
        <button type="button" class="btn" onClick={onDone}>
          I have it
        </button>
      </div>
    </div>
  );
}
