// What a space says of its nodes and its people. It is opened by the address: /spaces?settings=ID

import { useState } from "preact/hooks";
import { people } from "../api/people";
import type { Approval, SpaceSettings, SpaceView } from "../api/types";
import { lifetimes, lifetimeText, readLifetime, spanOption } from "../format/lifetimes";
import { commandLine } from "../format/shell";
import { loadSpaces } from "../state/spaces";
import { Choice } from "./choice";
import { Segments } from "./controls";
import { Deed } from "./dialog";
import { NumberField } from "./editor-fields";
import { keepOptions, NetdataKeepFields } from "./netdata-keep";

/** Key, as it is chosen, as a table says it, what it means. */
export const APPROVALS = [
  ["never", "Never", "at once with a token", "A claim with a good token is in at once."],
  [
    "policy",
    "By policy",
    "as the policy says",
    "The hub's policy decides, and what no rule of it fits waits unless it says otherwise. Without one, a claim with a good token is in at once.",
  ],
  [
    "always",
    "Always",
    "when an admin agrees",
    "Every claim waits until an admin has looked at its evidence.",
  ],
] as const satisfies readonly (readonly [Approval, string, string, string])[];

const CHOICES = APPROVALS.map(([key, text]) => [key, text] as const);
const FACTORS = [
  ["optional", "Optional"],
  ["required", "Required"],
] as const;
const MOST_DAYS = 36_500;
const KEPT = [
  ["kept", "Kept"],
  ["live", "Live only"],
] as const;

/** The options of `muster space set` that lead from one to the other. */
export function settingsOptions(before: SpaceSettings, after: SpaceSettings): string[] {
  const options: string[] = [];
  if (after.agent_lifetime_s !== before.agent_lifetime_s)
    options.push("--agent-lifetime", after.agent_lifetime_s ? spanOption(after.agent_lifetime_s) : "default");
  if (after.approval !== before.approval) options.push("--approval", after.approval);
  if (after.require_second_factor !== before.require_second_factor)
    options.push("--second-factor", after.require_second_factor ? "required" : "optional");
  if (after.store !== before.store) options.push("--pass-through", after.store ? "off" : "on");
  if (after.keep_days !== before.keep_days)
    options.push("--keep", after.keep_days ? `${after.keep_days}d` : "default");
  return [...options, ...keepOptions(before.netdata_keep, after.netdata_keep)];
}

export function SpaceSettingsSheet({ space, onClose }: { space: SpaceView; onClose: () => void }) {
  const [settings, setSettings] = useState(space.settings);
  const [readable, setReadable] = useState(true);
  const [stepReadable, setStepReadable] = useState(true);
  const change = (part: Partial<SpaceSettings>) => setSettings({ ...settings, ...part });
  const options = settingsOptions(space.settings, settings);
  return (
    <Deed
      wide
      title={`Settings of ${space.name}`}
      consequence="They hold from the next claim, renewal and sign-in on. A room may ask for shorter certificates."
      keep="Cancel"
      deed="Save the settings"
      ready={readable && stepReadable && options.length > 0}
      cli={options.length ? commandLine("muster", "space", "set", space.name, options) : ""}
      onClose={onClose}
      onDeed={() => people.changeSpace(space.id, { settings }).then(loadSpaces)}
    >
      <div class="field">
        <b>Certificates of nodes live</b>
        <Choice
          label="Certificates of nodes live"
          value={settings.agent_lifetime_s}
          options={lifetimes("hub")}
          text={(value) => lifetimeText(value || 86_400, "hub")}
          read={readLifetime}
          hint="1 hour to 90 days: 36 h, 3 d, 2 weeks."
          onChange={(agent_lifetime_s) => change({ agent_lifetime_s })}
          onReadable={setReadable}
        />
        <small>
          Each is renewed at half its life, with a new key. The shorter, the less a stolen one is worth.
        </small>
      </div>
      <div class="field">
        <b>A claim waits for an admin</b>
        <Segments
          label="A claim waits for an admin"
          value={settings.approval}
          options={CHOICES}
          onChange={(approval) => change({ approval })}
        />
        <small>{APPROVALS.find(([key]) => key === settings.approval)?.[3]}</small>
      </div>
      <div class="field">
        <b>A passkey at sign-in</b>
        <Segments
          label="A passkey at sign-in"
          value={settings.require_second_factor ? "required" : "optional"}
          options={FACTORS}
          onChange={(factor) => change({ require_second_factor: factor === "required" })}
        />
        <small>
          Required: whoever has a role here shows a passkey besides the password, and makes the first one when
          they next sign in.
        </small>
      </div>
      <div class="field">
        <b>Values of its nodes</b>
        <Segments
          label="Values of its nodes"
          value={settings.store ? "kept" : "live"}
          options={KEPT}
          onChange={(kept) => change({ store: kept === "kept" })}
        />
        <small>
          Live only: they are seen for some minutes and written nowhere. What was kept before stays.
        </small>
      </div>
      {settings.store && (
        <NumberField
          label="Days that values are kept"
          hint="Empty: as long as the hub keeps any, which is also the most. Days that are over go within an hour, for good."
          value={settings.keep_days || null}
          least={1}
          most={MOST_DAYS}
          step="1"
          onChange={(days) => change({ keep_days: days ?? 0 })}
        />
      )}
      {settings.store && (
        <NetdataKeepFields
          keep={settings.netdata_keep}
          onChange={(netdata_keep) => change({ netdata_keep })}
          onReadable={setStepReadable}
        />
      )}
    </Deed>
  );
}
