// What differs between the settings of an installer and those that a machine runs with.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { joining } from "../api/joining";
import type { Difference } from "../api/types";
import { OWN_DIALECT } from "../format/dialects";
import { sentence } from "../format/states";
import { limits } from "../state/limits";
import { param } from "../state/location";
import { nodes } from "../state/nodes";
import { installerConfig } from "../state/wanted";
import { PickField } from "./editor-fields";

interface Compared {
  list: Difference[] | null;
  error: string;
}

const NOTHING: Compared = { list: null, error: "" };

export function InstallerDiff() {
  const chosen = useSignal("");
  const compared = useSignal<Compared>(NOTHING);
  const config = installerConfig.value;
  const { proxy = "" } = limits();
  const machines = [...nodes.value.values()]
    .filter((node) => node.state === "live" && node.link.dialect === OWN_DIALECT)
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  useEffect(() => {
    compared.value = NOTHING;
    if (!chosen.value) return undefined;
    let on = true;
    const take = (next: Compared) => {
      if (on) compared.value = next;
    };
    joining.compare(chosen.value, { node: "", config, proxy }).then(
      (list) => take({ list, error: "" }),
      (error: unknown) => take({ list: null, error: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      on = false;
    };
  }, [chosen.value, config, proxy]);
  if (!machines.length) return null;
  const name = nodes.value.get(chosen.value)?.name ?? "";
  const { list, error } = compared.value;
  return (
    <>
      <PickField
        label="Compare with a machine that runs"
        value={chosen.value}
        options={[["", "No comparison"], ...machines.map((node) => [node.id, node.name] as const)]}
        onChange={(value) => (chosen.value = value)}
      />
      {error && <p role="alert">Not compared. {sentence(error)}</p>}
      {list && <Differences list={list} running={name} />}
    </>
  );
}

function Differences({ list, running }: { list: Difference[]; running: string }) {
  if (!list.length) return <p role="status">No setting differs from those of {running}.</p>;
  return (
    <div class="scroll">
      <table>
        <caption>What differs</caption>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">{param("name") || "This file"}</th>
            <th scope="col">{running}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((each) => (
            <tr key={each.key}>
              <th scope="row">{each.key}</th>
              <Side value={each.there} isDefault={each.there_default} />
              <Side value={each.here} isDefault={each.here_default} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Side({ value, isDefault }: { value: unknown; isDefault: boolean }) {
  if (value === null) return <td class="soft">unknown</td>;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return (
    <td>
      <code>{text || "none"}</code> {isDefault && <span class="soft">by default</span>}
    </td>
  );
}
