// The passkeys of somebody else: a lost one is taken away, so that whoever found it cannot come in.

import { useState } from "preact/hooks";
import { people } from "../api/people";
import type { PasskeyView, UserView } from "../api/types";
import { sentence } from "../format/states";
import { exactly, since, toMs } from "../format/times";
import { now } from "../state/clock";
import { loadPeople } from "../state/people";
import { failed } from "../state/toasts";
import { CliLine, cli } from "./cli-line";
import { Button } from "./controls";
import { Deed, Dialog } from "./dialog";
import { useRead } from "./use-read";

export function UserPasskeys({ user, onClose }: { user: UserView; onClose: () => void }) {
  const { data, error, again } = useRead(() => people.passkeysOf(user.id));
  const [removing, setRemoving] = useState<PasskeyView | null>(null);
  const require = () =>
    people
      .changeUser(user.id, { require_passkey: !user.require_passkey })
      .then(loadPeople)
      .catch((failure: unknown) => failed(`${user.name} is as before`, failure));
  if (removing)
    return (
      <Deed
        title={`Take “${removing.name}” from ${user.name}?`}
        consequence="It opens nothing from now on. They can make another one from their account."
        keep="Keep it"
        deed={`Remove ${removing.name}`}
        danger
        cli={cli("muster", "user", "passkey", "remove", user.name, removing.id)}
        onClose={() => setRemoving(null)}
        onDeed={() =>
          people.removePasskeyOf(user.id, removing.id).then(() => Promise.all([again(), loadPeople()]))
        }
      />
    );
  return (
    <Dialog title={`Passkeys of ${user.name}`} onClose={onClose} wide>
      {error && <p class="bad-text">{sentence(error)}</p>}
      {data && !data.length && <p>None yet. They make one from their own account.</p>}
      <ul class="keylist">
        {(data ?? []).map((passkey) => (
          <li key={passkey.id}>
            <span title={`Made ${exactly(toMs(passkey.created_ns))}`}>
              <b>{passkey.name}</b>
              <small>
                {passkey.domain}, {passkey.synced ? "synced" : "in one device"},{" "}
                {passkey.used_ns ? `last used ${since(toMs(passkey.used_ns), now.value)}` : "never used"}
              </small>
            </span>
            <Button small kind="danger" onClick={() => setRemoving(passkey)}>
              Remove…
            </Button>
          </li>
        ))}
      </ul>
      <label class="check">
        <input type="checkbox" checked={user.require_passkey} onChange={() => void require()} />
        <span>{user.name} signs in with a passkey besides the password</span>
      </label>
      <CliLine
        text={cli("muster", "user", "passkey", "require", user.name, user.require_passkey ? "off" : "on")}
      />
      <div class="deeds">
        <button type="button" class="btn" autofocus onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
