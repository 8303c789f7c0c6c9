// What can be said of each kind of probe, in the words of `muster probe add`.

import { RECORD_TYPES, type Typed } from "../state/probe-form";
import { Field } from "./controls";
import { CheckField, NumberField, PickField } from "./editor-fields";

interface FieldsProps {
  typed: Typed;
  change: (part: Partial<Typed>) => void;
}

export function ProbeFields({ typed, change }: FieldsProps) {
  return (
    <>
      {typed.kind === "http_response" && (
        <>
          <Text
            label="Match"
            hint="What the page has to hold, a pattern: (?i)welcome"
            value={typed.match}
            most={256}
            onValue={(match) => change({ match })}
          />
          <CheckField
            label="No verify: a certificate of whomever will do"
            value={!typed.verify}
            onChange={(free) => change({ verify: !free })}
          />
        </>
      )}
      {typed.kind === "dns_query" && (
        <div class="two">
          <Text
            label="Domain"
            hint="What is asked for. Left out: who serves the root"
            value={typed.domain}
            most={253}
            onValue={(domain) => change({ domain })}
          />
          <PickField
            label="Record type"
            value={typed.recordType}
            options={[
              ["", typed.domain.trim() ? "A" : "NS"],
              ...RECORD_TYPES.map((type) => [type, type] as const),
            ]}
            onChange={(recordType) => change({ recordType })}
          />
        </div>
      )}
      <details class="more">
        <summary>Further settings</summary>
        <div class="stackv">
          {typed.kind === "ping" && <OfPing typed={typed} change={change} />}
          {typed.kind === "dns_query" && <OfDns typed={typed} change={change} />}
          {typed.kind === "http_response" && <OfHttp typed={typed} change={change} />}
          <NumberField
            label="Timeout"
            hint="Seconds for each answer, up to 30. Empty: what fits."
            value={typed.timeoutS}
            least={0.05}
            most={30}
            onChange={(timeoutS) => change({ timeoutS })}
          />
        </div>
      </details>
    </>
  );
}

const OfPing = ({ typed, change }: FieldsProps) => (
  <div class="two">
    <NumberField
      label="Count"
      hint="Requests each time, 1 to 20."
      value={typed.count}
      least={1}
      most={20}
      step="1"
      onChange={(count) => change({ count: count ?? 1 })}
    />
    <PickField
      label="IP"
      value={typed.ip}
      options={[
        ["", "any version"],
        ["4", "4 alone"],
        ["6", "6 alone"],
      ]}
      onChange={(ip: Typed["ip"]) => change({ ip })}
    />
  </div>
);

const OfDns = ({ typed, change }: FieldsProps) => (
  <div class="two">
    <PickField
      label="Network"
      value={typed.network}
      options={[
        ["udp", "udp"],
        ["tcp", "tcp"],
      ]}
      onChange={(network: Typed["network"]) => change({ network })}
    />
    <NumberField
      label="Port"
      value={typed.port}
      least={1}
      most={65_535}
      step="1"
      onChange={(port) => change({ port: port ?? 53 })}
    />
  </div>
);

const OfHttp = ({ typed, change }: FieldsProps) => (
  <>
    <div class="two">
      <PickField
        label="Method"
        value={typed.method}
        options={[
          ["GET", "GET"],
          ["HEAD", "HEAD"],
        ]}
        onChange={(method: Typed["method"]) => change({ method })}
      />
      <NumberField
        label="Status"
        hint="The only good one. Empty: any."
        value={typed.status || null}
        least={100}
        most={599}
        step="1"
        onChange={(status) => change({ status: status ?? 0 })}
      />
    </div>
    <CheckField label="Follow redirects" value={typed.follow} onChange={(follow) => change({ follow })} />
  </>
);

interface TextProps {
  label: string;
  hint: string;
  value: string;
  most: number;
  onValue: (value: string) => void;
}

const Text = ({ label, hint, value, most, onValue }: TextProps) => (
  <Field
    label={label}
    hint={hint}
    input={{
      value,
      maxLength: most,
      autocomplete: "off",
      spellcheck: false,
      class: "mono",
      onInput: (event) => onValue(event.currentTarget.value),
    }}
  />
);
