// Backups in the hub's folder: of when, how large, what is in each, and whether it was read whole.

import type { BackupView } from "../api/types";
import { contentsShort, contentsText } from "../format/backups";
import { sentence } from "../format/states";
import { exactly, since, toMs } from "../format/times";
import { withUnit } from "../format/units";
import { verifyBackup } from "../state/backups";
import { now } from "../state/clock";
import { setParams } from "../state/location";
import { failed } from "../state/toasts";
import { Tag } from "./controls";
import { Badge, Icon } from "./icon";
import { Item, Menu } from "./menu";
import { Empty } from "./states";

interface BackupTableProps {
  list: BackupView[];
  busy: boolean; // something is made or read: one at a time
}

export function BackupTable({ list, busy }: BackupTableProps) {
  return (
    <section class="card" aria-labelledby="backups-h">
      <header>
        <h2 id="backups-h">Backups</h2>
        <span class="dim">{list.length || "none yet"}</span>
      </header>
      {list.length ? (
        <table class="rows">
          <thead>
            <tr>
              {["As of", "What is in it", "Size", "Made by", "Verified"].map((name) => (
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
              <Row key={each.name} each={each} busy={busy} />
            ))}
          </tbody>
        </table>
      ) : (
        <Empty
          title="There is no backup in the hub's folder"
          text="One takes seconds to minutes; the hub takes values all the time."
        />
      )}
    </section>
  );
}

function Row({ each, busy }: { each: BackupView; busy: boolean }) {
  const verify = () =>
    verifyBackup(each.name).catch((error: unknown) => failed("It is not being verified", error));
  return (
    <tr>
      <td title={exactly(toMs(each.time_ns))}>
        <b>{since(toMs(each.time_ns), now.value)}</b>
        <span class="sub mono wrap">{each.name}</span>
      </td>
      <td class="soft wrap" title={contentsText(each)}>
        <Contents each={each} />
      </td>
      <td class="soft" data-k="Size">
        {withUnit("bytes", each.bytes)}
      </td>
      <td class="soft" data-k="Made by">
        {each.by || <span class="dim">not known</span>} {each.planned && <Tag>planned</Tag>}
      </td>
      <td>
        <Verified each={each} />
      </td>
      <td class="num">
        <Menu label={`Actions for ${each.name}`} button={<Icon name="more" />}>
          {!busy && (
            <Item icon="shield" onPick={verify}>
              Verify
            </Item>
          )}
          <Item icon="copy" onPick={() => setParams({ restore: each.name })}>
            Restore elsewhere…
          </Item>
          <Item icon="bin" danger onPick={() => setParams({ delete: each.name })}>
            Delete…
          </Item>
        </Menu>
      </td>
    </tr>
  );
}

function Contents({ each }: { each: BackupView }) {
  if (!each.files) return <span class="dim">not known until it is verified</span>;
  const { rows, sizes } = contentsShort(each);
  return (
    <>
      {rows}
      <span class="sub wrap">{sizes}</span>
    </>
  );
}

function Verified({ each }: { each: BackupView }) {
  const when = exactly(toMs(each.checked_ns));
  if (each.fault)
    return (
      <>
        <span title={when}>
          <Badge name="crit">Damaged</Badge>
        </span>
        <span class="sub wrap">{sentence(each.fault)}</span>
      </>
    );
  if (!each.checked_ns) return <span class="dim">not yet</span>;
  return (
    <span title={`${when}, SHA-256 ${each.sha256}`}>
      <Badge name="ok">Whole, {since(toMs(each.checked_ns), now.value)}</Badge>
    </span>
  );
}
