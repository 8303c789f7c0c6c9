// Which values of Netdata nodes the hub copies into its own store, and how often; none unless one says so.

import { useState } from "preact/hooks";
import type { NetdataKeep } from "../api/types";
import { readSpan, spanArgument } from "../format/spans";
import { duration } from "../format/times";
import { Choice } from "./choice";
import { Field } from "./controls";

const STEPS = [
  ["1", "1 s"],
  ["10", "10 s"],
  ["60", "1 min"],
] as const;
const BOUNDS = { least: 1, most: 3600, why: "that is the longest step there is" };
const readStep = (text: string) => readSpan(text, BOUNDS);

const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

/** The options of `muster space set` that lead from one to the other. */
export function keepOptions(before: NetdataKeep, after: NetdataKeep): string[] {
  const options: string[] = [];
  if (after.contexts.join() !== before.contexts.join())
    options.push("--netdata-keep", after.contexts.join(",") || "off");
  if (after.step_s !== before.step_s) options.push("--netdata-step", spanArgument(after.step_s));
  return options;
}

interface KeepProps {
  keep: NetdataKeep;
  onChange: (keep: NetdataKeep) => void;
  onReadable: (readable: boolean) => void;
}

export function NetdataKeepFields({ keep, onChange, onReadable }: KeepProps) {
  const [text, setText] = useState(keep.contexts.join(", "));
  return (
    <>
      <Field
        label="Contexts of Netdata nodes that are copied"
        hint="Empty: none. Their agents keep their values, and are asked when one looks."
        input={{
          value: text,
          class: "mono",
          placeholder: "system.*, disk.space",
          maxLength: 4_000,
          autocomplete: "off",
          spellcheck: false,
          onInput: (event) => {
            setText(event.currentTarget.value);
            onChange({ ...keep, contexts: wordsOf(event.currentTarget.value) });
          },
        }}
      />
      {keep.contexts.length > 0 && (
        <div class="field">
          <b>One copied value for each</b>
          <Choice
            label="One copied value for each"
            value={keep.step_s}
            options={STEPS}
            text={(seconds) => STEPS.find(([key]) => Number(key) === seconds)?.[1] ?? duration(seconds)}
            read={readStep}
            hint="1 second to 1 hour: 5 s, 15 min."
            onChange={(step_s) => onChange({ ...keep, step_s })}
            onReadable={onReadable}
          />
          <small>An average over that time. What was measured before is not fetched.</small>
        </div>
      )}
    </>
  );
}
