// The certificates of a node: the one in force, the next one while it waits for its first use, and those before.

import type { CredentialState, CredentialView } from "../api/types";
import { exactly, moment, toMs } from "../format/times";
import { plural } from "../format/units";
import { now } from "../state/clock";
import { Badge, type MarkName } from "./icon";

const MARKS: Record<CredentialState, MarkName> = {
  next: "pending",
  active: "ok",
  retired: "revoked",
  revoked: "crit",
};
const WORDS: Record<CredentialState, string> = {
  next: "Next",
  active: "Active",
  retired: "Retired",
  revoked: "Revoked",
};
const MOST = 12;

export function Credentials({ list }: { list: CredentialView[] }) {
  if (!list.length) return null;
  const next = list.some((each) => each.state === "next");
  const retired = list.filter((each) => each.state === "retired").length;
  const said = [next && "a next one waits for its first use", retired > 0 && `${retired} retired`].filter(
    Boolean,
  );
  return (
    <details class="more credentials">
      <summary>
        {plural(list.length, "certificate")}
        {said.length > 0 && `: ${said.join(", ")}`}
      </summary>
      <table>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Serial</th>
            <th scope="col">From</th>
            <th scope="col">Until</th>
          </tr>
        </thead>
        <tbody>
          {list.slice(0, MOST).map((each) => (
            <tr key={each.serial}>
              <td>
                <Badge name={MARKS[each.state]}>{WORDS[each.state]}</Badge>
              </td>
              <td class="mono" title={each.serial}>
                {each.serial.slice(0, 8)}…
              </td>
              <td title={exactly(toMs(each.not_before_ns))}>{moment(toMs(each.not_before_ns), now.value)}</td>
              <td title={exactly(toMs(each.not_after_ns))}>{moment(toMs(each.not_after_ns), now.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {list.length > MOST && <p class="dim">and {list.length - MOST} before these</p>}
    </details>
  );
}
