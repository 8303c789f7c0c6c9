// One's own passkeys: which, since when, used when; make, rename, remove, and whether signing in takes one.

import { useSignal } from "@preact/signals";
import { signing } from "../api/signin";
import type { PasskeyView } from "../api/types";
import { canPasskeys } from "../api/webauthn";
import { sentence } from "../format/states";
import { exactly, since, toMs } from "../format/times";
import { now } from "../state/clock";
import { toast } from "../state/toasts";
import { Icon } from "./icon";
import { type Doing, PasskeyDeed } from "./passkey-deeds";
import { Empty, ErrorNote } from "./states";
import { useRead } from "./use-read";

export function PasskeysCard() {
  const { data, error, again } = useRead(signing.passkeys);
  const doing = useSignal<Doing | null>(null);
  if (error && !data)
    return (
      <ErrorNote title="The passkeys could not be read" text={sentence(error)} onRetry={() => void again()} />
    );
  const obstacle = data?.obstacle || (canPasskeys() ? "" : "this browser knows no passkeys here");
  const toggle = () =>
    signing.requirePasskey(!data?.required).then(again, (failure: unknown) => {
      toast(failure instanceof Error ? sentence(failure.message) : String(failure), "crit");
      return again();
    });
  const list = data?.passkeys ?? [];
  return (
    <section class="card" aria-labelledby="passkeys-h">
      <header>
        <h2 id="passkeys-h">Passkeys</h2>
        <button
          type="button"
          class="btn small"
          disabled={Boolean(obstacle)}
          onClick={() => (doing.value = { deed: "make" })}
        >
          <Icon name="plus" />
          New passkey
        </button>
      </header>
      {list.length > 0 && <Table list={list} onDo={(deed, passkey) => (doing.value = { deed, passkey })} />}
      {data && !list.length && (
        <Empty
          title="No passkey yet"
          text="With one you sign in by finger, face or PIN of a device. No password can be stolen that is not there."
        />
      )}
      {obstacle && <p class="body soft">No passkey can be made here: {obstacle}.</p>}
      {list.length > 0 && (
        <label class="body check">
          <input
            type="checkbox"
            checked={data?.needed}
            disabled={data?.needed && !data.required}
            onChange={() => void toggle()}
          />
          <span>
            Signing in with my password takes a passkey too
            {data?.needed && !data.required && <span class="dim"> · the hub or a space asks for it</span>}
          </span>
        </label>
      )}
      {doing.value && <PasskeyDeed doing={doing.value} onClose={() => (doing.value = null)} again={again} />}
    </section>
  );
}

interface TableProps {
  list: PasskeyView[];
  onDo: (deed: "rename" | "remove", passkey: PasskeyView) => void;
}

const Table = ({ list, onDo }: TableProps) => (
  <table class="tokens">
    <thead>
      <tr>
        <th scope="col">Passkey</th>
        <th scope="col">Last use</th>
        <th scope="col">
          <span class="vh">Actions</span>
        </th>
      </tr>
    </thead>
    <tbody>
      {list.map((passkey) => (
        <tr key={passkey.id}>
          <td title={`Made ${exactly(toMs(passkey.created_ns))}`}>
            {passkey.name}
            <span class="sub">
              {passkey.domain} · {passkey.synced ? "synced" : "in one device"}
            </span>
          </td>
          <td class={passkey.used_ns ? "soft" : "dim"}>
            <span class="label">Last use </span>
            {passkey.used_ns ? since(toMs(passkey.used_ns), now.value) : "never"}
          </td>
          <td class="num">
            <button type="button" class="btn small quiet" onClick={() => onDo("rename", passkey)}>
              Rename…
            </button>
            <button type="button" class="btn small danger" onClick={() => onDo("remove", passkey)}>
              Remove…
            </button>
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
