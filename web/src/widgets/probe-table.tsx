// Probes of a space: what each asks, how often, who runs it or why not, and what it came to.

import { type Probe, type ProbeView, probesApi } from "../api/probes";
import { setParams } from "../state/location";
import { loadProbes, probeRuns, probesError, targetOf } from "../state/probes";
import { isAdmin, space } from "../state/session";
import { failed } from "../state/toasts";
import { cli } from "./cli-line";
import { Tag } from "./controls";
import { Deed } from "./dialog";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";
import { ProbeRunsList } from "./probe-runs";
import { Empty } from "./states";

const KINDS = { ping: "Ping", dns_query: "DNS", http_response: "Web page" } as const;

export const everyText = (seconds: number): string =>
  seconds % 3600 === 0 ? `${seconds / 3600} h` : seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;

export function ProbeTable({ list }: { list: ProbeView[] }) {
  return (
    <section class="card" aria-labelledby="probes-h">
      <header>
        <h2 id="probes-h">Probes</h2>
        {probesError.value && <span class="warmv">from before: {probesError.value}</span>}
      </header>
      {list.length ? (
        <table class="rows probes">
          <thead>
            <tr>
              {["Kind", "Asks", "Every", "Run by, with the last ten runs"].map((name) => (
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
            {list.map((each) => (
              <Row key={each.id} each={each} />
            ))}
          </tbody>
        </table>
      ) : (
        <Empty
          title="Nothing is asked yet"
          text={
            isAdmin.value
              ? "Add an address to ping, a name server to ask, or a web page to fetch."
              : "An admin of this space can add probes."
          }
        />
      )}
    </section>
  );
}

/** What a page has to keep to beyond answering. */
function saidOf(probe: Probe): string {
  if (probe.kind !== "http_response") return "";
  const parts = [
    probe.match && `holds ${probe.match}`,
    probe.status && `status ${probe.status}`,
    probe.verify === false && "certificate not verified",
  ].filter((part) => typeof part === "string" && part !== "");
  return parts.join(", ");
}

const Row = ({ each }: { each: ProbeView }) => (
  <tr>
    <td>
      {KINDS[each.probe.kind]} {!each.enabled && <Tag>off</Tag>}
    </td>
    <td class="wrap">
      <span class="mono">{targetOf(each.probe)}</span>
      {saidOf(each.probe) && <span class="sub">{saidOf(each.probe)}</span>}
    </td>
    <td data-k="Every">{everyText(each.probe.interval_s)}</td>
    <td>
      <ProbeRunsList each={each} known={probeRuns.value?.get(each.id)} />
    </td>
    <td class="num">
      {isAdmin.value && (
        <Menu label={`Actions for ${targetOf(each.probe)}`} button={<Icon name="more" />}>
          <Item icon="pen" onPick={() => setParams({ do: "edit", id: each.id })}>
            Change…
          </Item>
          <Item icon={each.enabled ? "pause" : "play"} onPick={() => void turn(each)}>
            {each.enabled ? "Switch off" : "Switch on"}
          </Item>
          <Item icon="bin" danger onPick={() => setParams({ do: "remove", id: each.id })}>
            Remove…
          </Item>
        </Menu>
      )}
    </td>
  </tr>
);

async function turn(each: ProbeView): Promise<void> {
  try {
    await probesApi.turn(space.value?.id ?? "", each.id, !each.enabled);
  } catch (error) {
    failed("The probe stays as it was", error);
  }
  await loadProbes();
}

export function RemoveProbe({ each, onClose }: { each: ProbeView; onClose: () => void }) {
  const remove = async () => {
    await probesApi.remove(space.value?.id ?? "", each.id);
    await loadProbes();
  };
  return (
    <Deed
      danger
      title={`Remove the probe of ${targetOf(each.probe)}?`}
      consequence="Nobody asks any more. What it measured stays."
      keep="Keep it"
      deed="Remove the probe"
      cli={cli("muster", "probe", "remove", each.id)}
      onClose={onClose}
      onDeed={remove}
    />
  );
}
