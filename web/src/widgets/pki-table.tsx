// Certificates of other services: for whom, for what, until when, and what can be done about each.

import { useSignal } from "@preact/signals";
import type { ServiceView } from "../api/types";
import { dated, exactly, roughly, toMs } from "../format/times";
import { now } from "../state/clock";
import { setParams } from "../state/location";
import { Chip, Tag } from "./controls";
import { Badge, Icon } from "./icon";
import { Item, Menu } from "./menu";
import { Empty } from "./states";

const SOON_S = 30 * 86_400;

/** Good until its end, and not yet at it. */
export const isGood = (each: ServiceView, nowMs: number): boolean =>
  (each.state === "valid" || each.state === "replaced") && toMs(each.not_after_ns) > nowMs;

export function PkiTable({ list }: { list: ServiceView[] }) {
  const over = useSignal(false);
  const good = list.filter((each) => isGood(each, now.value));
  const ended = list.filter((each) => !isGood(each, now.value));
  const shown = over.value ? ended : good;
  return (
    <section class="card" aria-labelledby="services-h">
      <header>
        <h2 id="services-h">Certificates</h2>
        <Chip pressed={!over.value} onClick={() => (over.value = false)}>
          Good {good.length}
        </Chip>
        <Chip pressed={over.value} onClick={() => (over.value = true)}>
          Ended {ended.length}
        </Chip>
      </header>
      {shown.length ? (
        <table class="rows">
          <thead>
            <tr>
              {["Name", "Bears", "For", "Ends", "State"].map((name) => (
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
            {shown.map((each) => (
              <Row key={each.id} each={each} />
            ))}
          </tbody>
        </table>
      ) : (
        <Empty
          title={over.value ? "None has ended or was revoked" : "No certificate is good now"}
          text={
            over.value
              ? ""
              : "A service makes its own key and a request; the request is pasted here, and the certificate goes back."
          }
        />
      )}
    </section>
  );
}

const Row = ({ each }: { each: ServiceView }) => {
  const left = (toMs(each.not_after_ns) - now.value) / 1000;
  const soon = each.state === "valid" && left < SOON_S;
  return (
    <tr>
      <td>
        <b>{each.name}</b> {each.imported && <Tag>imported</Tag>}
        <span class="sub mono" title={`Serial ${each.serial}`}>
          {each.id}
        </span>
      </td>
      <td class="soft wrap">{each.names.join(", ")}</td>
      <td>
        <span class="signs">
          {each.server && <Tag>server</Tag>}
          {each.client && <Tag>client</Tag>}
        </span>
      </td>
      <td class={soon ? "warmv" : "soft"} data-k="Ends" title={exactly(toMs(each.not_after_ns))}>
        {dated(toMs(each.not_after_ns), now.value)}
        {left > 0 && each.state !== "revoked" && `, in ${roughly(left)}`}
      </td>
      <td>
        <State each={each} soon={soon} />
      </td>
      <td class="num">
        <Menu label={`Actions for ${each.name}`} button={<Icon name="more" />}>
          <Item icon="copy" onPick={() => setParams({ do: "show", id: each.id })}>
            Show the chain…
          </Item>
          {each.state !== "revoked" && (
            <Item icon="key" onPick={() => setParams({ do: "renew", id: each.id })}>
              Renew from a request…
            </Item>
          )}
          {isGood(each, now.value) && (
            <Item icon="cut" danger onPick={() => setParams({ do: "revoke", id: each.id })}>
              Revoke…
            </Item>
          )}
        </Menu>
      </td>
    </tr>
  );
};

function State({ each, soon }: { each: ServiceView; soon: boolean }) {
  if (each.state === "revoked")
    return (
      <span title={exactly(toMs(each.revoked_ns))}>
        <Badge name="revoked">Revoked, {each.reason.replaceAll("_", " ")}</Badge>
      </span>
    );
  if (each.state === "ended" || toMs(each.not_after_ns) <= now.value)
    return <Badge name="revoked">Ended</Badge>;
  if (each.state === "replaced") return <span class="dim">replaced, good until its end</span>;
  return soon ? <Badge name="warn">Ends soon</Badge> : <Badge name="ok">In force</Badge>;
}
