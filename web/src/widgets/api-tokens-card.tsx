// API tokens: usable and ended ones, each with its role, its end and its last use. Admins may see everybody's.

import { useSignal } from "@preact/signals";
import { api } from "../api/client";
import type { ApiTokenView, NewApiTokenView } from "../api/types";
import { roleName } from "../format/roles";
import { sentence } from "../format/states";
import { exactly, roughly, since, toMs } from "../format/times";
import { now } from "../state/clock";
import { userName } from "../state/session";
import { MadeApiToken, NewApiToken } from "./api-token-deeds";
import { Chip } from "./controls";
import { Deed } from "./dialog";
import { Icon } from "./icon";
import { Empty, ErrorNote } from "./states";
import { scopeText } from "./token-scope";
import { useRead } from "./use-read";

const SOON_S = 7 * 86_400;

/** How a token ended, if it did; the clock goes on after it was read. */
export function apiTokenEnd(token: ApiTokenView, nowMs: number): "" | "revoked" | "expired" {
  if (token.revoked_ns) return "revoked";
  return toMs(token.expires_ns) <= nowMs ? "expired" : "";
}

export const titleOf = (token: { name: string; id: string }): string => token.name || token.id;

export function ApiTokensCard() {
  const { data, error, again } = useRead(api.apiTokens);
  const ended = useSignal(false);
  const everybody = useSignal(false);
  const making = useSignal(false);
  const made = useSignal<NewApiTokenView | null>(null);
  const revoking = useSignal<ApiTokenView | null>(null);
  if (error && !data)
    return (
      <ErrorNote
        title="The API tokens could not be read"
        text={sentence(error)}
        onRetry={() => void again()}
      />
    );
  const all = data ?? [];
  const others = all.some((token) => token.user !== userName.value);
  const mine = everybody.value ? all : all.filter((token) => token.user === userName.value);
  const usable = mine.filter((token) => !apiTokenEnd(token, now.value));
  const over = mine.filter((token) => apiTokenEnd(token, now.value));
  const list = ended.value ? over : usable;
  return (
    <section class="card" aria-labelledby="api-h">
      <header>
        <h2 id="api-h">API tokens</h2>
        {others && (
          <Chip pressed={everybody.value} onClick={() => (everybody.value = !everybody.value)}>
            Everybody's
          </Chip>
        )}
        <Chip pressed={ended.value} onClick={() => (ended.value = !ended.value)}>
          Ended {over.length}
        </Chip>
        <button type="button" class="btn small" onClick={() => (making.value = true)}>
          <Icon name="plus" />
          New API token
        </button>
      </header>
      {made.value && <MadeApiToken made={made.value} onDone={() => (made.value = null)} />}
      {list.length ? (
        <TokenTable list={list} owners={everybody.value} onRevoke={(token) => (revoking.value = token)} />
      ) : (
        data && (
          <Empty
            title={ended.value ? "No API token has ended in the last weeks" : "No API token is valid now"}
            text="With one, a program or the muster command on another machine does what its role may, without your password."
          />
        )
      )}
      {making.value && (
        <NewApiToken
          onClose={() => (making.value = false)}
          onMade={(answer) => {
            made.value = answer;
            ended.value = false;
            void again();
          }}
        />
      )}
      {revoking.value && (
        <Deed
          title={`Revoke ${titleOf(revoking.value)}?`}
          consequence="What uses it is refused from now on, for good. What it did stays in the audit log."
          keep="Keep it"
          deed={`Revoke ${titleOf(revoking.value)}`}
          danger
          onClose={() => (revoking.value = null)}
          onDeed={() => api.revokeApiToken(revoking.value?.id ?? "").then(again)}
        />
      )}
    </section>
  );
}

interface TableProps {
  list: ApiTokenView[];
  owners: boolean;
  onRevoke: (token: ApiTokenView) => void;
}

function TokenTable({ list, owners, onRevoke }: TableProps) {
  const heads = ["Token", ...(owners ? ["Owner"] : []), "Role", "Last use", "Ends"];
  return (
    <table class="tokens">
      <thead>
        <tr>
          {heads.map((name) => (
            <th scope="col" key={name}>
              {name}
            </th>
          ))}
          <th scope="col">
            <span class="vh">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {list.map((token) => (
          <TokenRow key={token.id} token={token} owners={owners} onRevoke={onRevoke} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  token: ApiTokenView;
  owners: boolean;
  onRevoke: (token: ApiTokenView) => void;
}

function TokenRow({ token, owners, onRevoke }: RowProps) {
  const over = apiTokenEnd(token, now.value);
  const left = (toMs(token.expires_ns) - now.value) / 1000;
  const used = toMs(token.used_ns);
  return (
    <tr>
      <td title={`Made ${exactly(toMs(token.created_ns))}`}>
        {token.name || <span class="dim">no name</span>}
        <span class="sub mono">{token.id}</span>
      </td>
      {owners && <td>{token.user}</td>}
      <td>
        {roleName(token.role)}
        {scopeText(token) && <span class="sub wrap">{scopeText(token)}</span>}
      </td>
      <td class={used ? "soft" : "dim"} title={used ? exactly(used) : ""}>
        <span class="label">Last use </span>
        {used ? since(used, now.value) : "never"}
      </td>
      <td class={!over && left < SOON_S ? "warmv" : "soft"} title={exactly(toMs(token.expires_ns))}>
        <span class="label">Ends </span>
        {over
          ? `${over} ${since(toMs(token.revoked_ns || token.expires_ns), now.value)}`
          : `in ${roughly(left)}`}
      </td>
      <td class="num">
        {!over && (
          <button type="button" class="btn small danger" onClick={() => onRevoke(token)}>
            Revoke…
          </button>
        )}
      </td>
    </tr>
  );
}
