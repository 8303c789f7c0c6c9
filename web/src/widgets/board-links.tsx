// Public links to a dashboard: made, listed, revoked. The address of a new one is shown once.

import { useState } from "preact/hooks";
import { outward } from "../api/base";
import { dashboards } from "../api/dashboards";
import type { LinkView } from "../api/types";
import { sentence } from "../format/states";
import { exactly, moment, toMs } from "../format/times";
import { hubNow } from "../state/clock";
import { failed } from "../state/toasts";
import { Button, CopyButton, Field, Segments } from "./controls";
import { Dialog } from "./dialog";
import { useRead } from "./use-read";

const LIFETIMES = [
  ["1", "1 day"],
  ["7", "7 days"],
  ["30", "30 days"],
  ["365", "1 year"],
] as const;

interface BoardLinksProps {
  space: string;
  id: string;
  title: string;
  onClose: () => void;
}

/** The token stands behind the # of the address, which browsers send to no server. */
const addressOf = (token: string): string => `${location.origin}${outward("/shared")}#${token}`;

export function BoardLinks({ space, id, title, onClose }: BoardLinksProps) {
  const { data, error, again } = useRead(() => dashboards.links(space, id));
  const [made, setMade] = useState("");
  const [name, setName] = useState("");
  const [days, setDays] = useState<string>("30");
  const [reason, setReason] = useState("");
  const make = async (event: Event) => {
    event.preventDefault();
    try {
      const { token } = await dashboards.makeLink(space, id, name.trim(), Number(days));
      setMade(addressOf(token));
      setName("");
      setReason("");
      await again();
    } catch (failure) {
      setReason(failure instanceof Error ? failure.message : String(failure));
    }
  };
  const revoke = (link: LinkView) =>
    dashboards
      .revokeLink(space, id, link.id)
      .then(again, (failure: unknown) => failed("The link still works", failure));
  return (
    <Dialog title={`Public links to “${title}”`} wide onClose={onClose}>
      <p>
        Whoever has the address sees this dashboard without signing in: its panels and its variables, read
        only, and nothing else of this hub.
      </p>
      {made && (
        <div class="code">
          <pre>{made}</pre>
          <CopyButton text={made} kind="primary" />
        </div>
      )}
      {made && <p>This address is shown once. The hub keeps only its fingerprint.</p>}
      {(error || reason) && (
        <p class="bad-text" role="alert">
          {sentence(reason || error)}
        </p>
      )}
      <Links list={data ?? []} onRevoke={(link) => void revoke(link)} />
      <form class="new-link" onSubmit={(event) => void make(event)}>
        <Field
          label="For whom"
          hint="So that you know later which one to revoke."
          input={{
            value: name,
            maxLength: 100,
            autocomplete: "off",
            onInput: (event) => setName(event.currentTarget.value),
          }}
        />
        <Segments label="Good for" value={days} options={LIFETIMES} onChange={setDays} />
        <div class="deeds">
          <button type="button" class="btn" onClick={onClose}>
            Close
          </button>
          <Button type="submit" kind="primary">
            Make a link
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Links({ list, onRevoke }: { list: LinkView[]; onRevoke: (link: LinkView) => void }) {
  const good = list.filter((link) => link.state === "valid");
  if (!good.length) return <p class="dim">There is none now.</p>;
  return (
    <table class="links">
      <thead>
        <tr>
          <th scope="col">For</th>
          <th scope="col">Made</th>
          <th scope="col">Good until</th>
          <th scope="col">Used</th>
          <th scope="col">
            <span class="vh">Deed</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {good.map((link) => (
          <tr key={link.id}>
            <th scope="row">{link.name || "nobody named"}</th>
            <td>
              {link.created_by}, <Moment ns={link.created_ns} none="" />
            </td>
            <td>
              <Moment ns={link.expires_ns} none="no end" />
            </td>
            <td>
              <Moment ns={link.used_ns} none="never" />
            </td>
            <td class="num">
              <Button small kind="danger" onClick={() => onRevoke(link)}>
                Revoke
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Moment({ ns, none }: { ns: number; none: string }) {
  if (!ns) return <>{none}</>;
  return <time title={exactly(toMs(ns))}>{moment(toMs(ns), hubNow())}</time>;
}
