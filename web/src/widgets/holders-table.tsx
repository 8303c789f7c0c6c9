// The evidence table: holders of one identity side by side, = or ≠ against the first in each row.

import type { CloneView, HolderView } from "../api/types";
import { since, toMs } from "../format/times";
import { now } from "../state/clock";

export const LETTERS = "ABCDEFGH";
const NOT_SAID = "not said";

interface Row {
  name: string;
  of: (holder: HolderView) => string;
}

const short = (text: string): string => (text.length > 18 ? `${text.slice(0, 8)}…${text.slice(-4)}` : text);

const ROWS: Row[] = [
  { name: "Host name", of: (holder) => holder.hostname },
  { name: "Connects from", of: (holder) => holder.address },
  { name: "Own addresses", of: (holder) => holder.addresses.join(", ") },
  { name: "Boot id", of: (holder) => short(holder.boot_id) },
  { name: "Starts on this folder", of: (holder) => String(holder.counter) },
  {
    name: "Agent started",
    of: (holder) => (holder.started_ns ? since(toMs(holder.started_ns), now.value) : ""),
  },
  { name: "Certificate", of: (holder) => short(holder.serial) },
];

/** What the hub compared but does not hand out: digests of a machine. */
const COMPARED = ["machine id", "hardware id", "network cards"];
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function HoldersTable({ clone }: { clone: CloneView }) {
  const [first, ...others] = clone.holders;
  if (!first) return null;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Evidence</th>
          {clone.holders.map((holder, index) => (
            <th scope="col" key={holder.instance}>
              {LETTERS[index]},{" "}
              {holder.here ? "here now" : `last here ${since(toMs(holder.seen_ns), now.value)}`}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {ROWS.map(({ name, of }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{of(first) || NOT_SAID}</td>
            {others.map((other) => (
              <Compared key={other.instance} text={of(other)} like={likeness(of(first), of(other))} />
            ))}
          </tr>
        ))}
        {COMPARED.map((name) => (
          <tr key={name}>
            <th scope="row">{capital(name)}</th>
            <td class="dim">not shown, hashed</td>
            {others.map((other) =>
              other.differs.includes(name) ? (
                <Compared key={other.instance} text="another" like="≠" />
              ) : (
                <Compared key={other.instance} text="no other, as far as both say" like="" />
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Likeness = "=" | "≠" | "";

/** Only what both say counts, as the hub does it. */
export const likeness = (one: string, other: string): Likeness =>
  !one || !other ? "" : one === other ? "=" : "≠";

const Compared = ({ text, like }: { text: string; like: Likeness }) => (
  <td class={like === "≠" ? "differs" : like ? "" : "dim"}>
    <span class="compared">
      <i>{like}</i>
      <span>{text || NOT_SAID}</span>
    </span>
  </td>
);
