// Claim tokens: usable and ended ones, each with its uses, its end, and a button that ends it now.

import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client";
import type { TokenView } from "../api/types";
import { sentence } from "../format/states";
import { countdown, exactly, since, toMs } from "../format/times";
import { nodeAddress } from "../routes";
import { now } from "../state/clock";
import { endOf } from "../state/joining";
import { labelsText, limitsText } from "../state/limits";
import { nodes } from "../state/nodes";
import { spaceId } from "../state/session";
import { Meter } from "./controls";
import { Deed } from "./dialog";
import { Icon } from "./icon";
import { Empty, ErrorNote } from "./states";
import { useRead } from "./use-read";

/** `fresh` changes when the list may have: it is read again then. */
export function TokensCard({ fresh = "" }: { fresh?: string }) {
  const { data, error, again } = useRead(api.tokens);
  useEffect(() => {
    if (fresh) void again();
  }, [fresh]);
  const shown = useSignal<"usable" | "ended">("usable");
  const ending = useSignal<TokenView | null>(null);
  if (error && !data)
    return (
      <ErrorNote title="The tokens could not be read" text={sentence(error)} onRetry={() => void again()} />
    );
  const all = (data ?? []).filter((token) => token.space === spaceId.value);
  const usable = all.filter((token) => !endOf(token, now.value));
  const ended = all.filter((token) => endOf(token, now.value));
  const list = shown.value === "usable" ? usable : ended;
  return (
    <section class="card" aria-labelledby="tok-h">
      <header>
        <h2 id="tok-h">Claim tokens</h2>
        <span class="dim hide-small">a token is shown once; the hub keeps what checks it</span>
        {(["usable", "ended"] as const).map((kind) => (
          <button
            type="button"
            class="chip"
            key={kind}
            aria-pressed={shown.value === kind}
            onClick={() => (shown.value = kind)}
          >
            {kind === "usable" ? `Usable ${usable.length}` : `Ended ${ended.length}`}
          </button>
        ))}
      </header>
      {list.length ? (
        <TokenTable list={list} onEnd={(token) => (ending.value = token)} />
      ) : (
        data && (
          <Empty
            title={shown.value === "usable" ? "No token is usable now" : "No token has ended yet"}
            text="A machine joins with a token: a right to enrol, for a while and for some uses."
          />
        )
      )}
      {ending.value && (
        <Deed
          title={`End the token mst1.${ending.value.id}?`}
          consequence="No machine can join with it from now on. Nodes that came in by it stay."
          keep="Keep it"
          deed={`End mst1.${ending.value.id}`}
          danger
          onClose={() => (ending.value = null)}
          onDeed={() => api.revokeToken(ending.value?.id ?? "").then(again)}
        />
      )}
    </section>
  );
}

function TokenTable({ list, onEnd }: { list: TokenView[]; onEnd: (token: TokenView) => void }) {
  return (
    <table class="tokens">
      <thead>
        <tr>
          {["Token", "For", "Rooms", "Uses", "Ends", "Made by"].map((name) => (
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
          <TokenRow key={token.id} token={token} onEnd={onEnd} />
        ))}
      </tbody>
    </table>
  );
}

function TokenRow({ token, onEnd }: { token: TokenView; onEnd: (token: TokenView) => void }) {
  const over = endOf(token, now.value);
  const left = (toMs(token.expires_ns) - now.value) / 1000;
  const [open, setOpen] = useState(false);
  return [
    <tr>
      <td class="mono">mst1.{token.id}</td>
      <td>
        {token.description || <span class="dim">no description</span>}
        {limitsOf(token) && <small>{limitsOf(token)}</small>}
      </td>
      <td>{token.rooms.map((room) => room.name).join(", ") || <span class="dim">none</span>}</td>
      <td>
        <div class="val">
          <UsesButton token={token} open={open} onPress={() => setOpen(!open)} />
          <Meter value={(token.used / token.uses) * 100} />
        </div>
      </td>
      <td class={!over && left < 600 ? "warmv" : ""} title={exactly(toMs(token.expires_ns))}>
        {over
          ? `${over} ${since(toMs(token.revoked_ns || token.expires_ns), now.value)}`
          : `in ${countdown(left)}`}
      </td>
      <td class="soft">{token.created_by}</td>
      <td class="num">
        {!over && (
          <button type="button" class="btn small danger" onClick={() => onEnd(token)}>
            End now
          </button>
        )}
      </td>
    </tr>,
    open && <CameIn key={`${token.id}-${token.used}`} token={token} />,
  ];
}

function UsesButton({ token, open, onPress }: { token: TokenView; open: boolean; onPress: () => void }) {
  const text = `${token.used} of ${token.uses}`;
  if (!token.used) return <span class="nowrap">{text}</span>;
  return (
    <button type="button" class="uses" aria-expanded={open} title="Who came in by it" onClick={onPress}>
      {text}
      <Icon name="down" />
    </button>
  );
}

function CameIn({ token }: { token: TokenView }) {
  const { data, error } = useRead(() => api.token(token.id));
  return (
    <tr class="came">
      <td colSpan={7}>
        {error && <span class="bad-text">Who came in could not be read: {error}.</span>}
        <ul aria-label={`Who came in by mst1.${token.id}`}>
          {data?.nodes?.map((each) => (
            <li key={each.id}>
              <CameName id={each.id} name={each.name} />{" "}
              <time title={exactly(toMs(each.claimed_ns))}>{since(toMs(each.claimed_ns), now.value)}</time>
            </li>
          ))}
        </ul>
      </td>
    </tr>
  );
}

/** A node that is gone by now keeps its name here, without a page. */
const CameName = ({ id, name }: { id: string; name: string }) =>
  nodes.value.has(id) ? (
    <a href={nodeAddress(id)}>{nodes.value.get(id)?.name ?? name}</a>
  ) : (
    <span class="dim">{name}, gone</span>
  );

const limitsOf = (token: TokenView): string =>
  [labelsText(token.labels), limitsText(token)].filter(Boolean).join("; ");
