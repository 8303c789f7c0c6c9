// What is different for single fields: their colour, unit, name, digits, whether they are seen. All else stays as the file has it.

import { useState } from "preact/hooks";
import type { FieldOverride, Panel } from "../api/types";
import { named } from "../charts/levels";
import { patternOf } from "../charts/patterns";
import { plural } from "../format/units";
import { NO_OVERRIDE } from "../state/board-defaults";
import { fieldNames } from "../state/panel-names";
import { ColourPick, LINES, STATES } from "./colour-pick";
import { Button, Field } from "./controls";
import { CheckField, NumberField, PickField, RemoveButton, withPart } from "./editor-fields";
import { Mappings } from "./mapping-editor";

type Part = Partial<FieldOverride>;

interface OverridesProps {
  panel: Panel;
  change: (part: Partial<Panel>, mark: string) => void;
}

export function Overrides({ panel, change }: OverridesProps) {
  const list = panel.overrides;
  const put = (overrides: FieldOverride[], mark = "") => change({ overrides }, mark);
  const names = fieldNames(panel.id);
  const free = names.find((name) => !list.some(({ field }) => field === name)) ?? "value";
  return (
    <fieldset class="overrides">
      <legend>Single fields</legend>
      <datalist id="field-names">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {list.map((each, index) => (
        <Override
          key={index}
          each={each}
          number={index + 1}
          isLine={panel.kind === "timeseries"}
          onChange={(part, mark) => put(withPart(list, index, part), mark && `field ${index} ${mark}`)}
          onRemove={() => put(list.filter((_, own) => own !== index))}
        />
      ))}
      <Button small icon="plus" onClick={() => put([...list, { ...NO_OVERRIDE, field: free }])}>
        Make one different
      </Button>
    </fieldset>
  );
}

interface OverrideProps {
  each: FieldOverride;
  number: number;
  isLine: boolean;
  onChange: (part: Part, mark: string) => void;
  onRemove: () => void;
}

function Override({ each, number, isLine, onChange, onRemove }: OverrideProps) {
  const [open] = useState(!said(each) && !kept(each)); // it was made just now
  const text = (name: "label" | "unit", most: number) => ({
    value: each[name],
    maxLength: most,
    autocomplete: "off",
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) =>
      onChange({ [name]: event.currentTarget.value }, name),
  });
  return (
    <details class="query card" open={open}>
      <summary>
        {`Field ${number}: `}
        <b>{each.field || each.pattern || "?"}</b> <small class="dim">{said(each)}</small>
      </summary>
      <Which each={each} onChange={onChange} />
      <div class="two">
        <Field label="Called" hint="Empty: as it is." input={text("label", 300)} />
        <ColourPick
          label="Colour"
          value={each.color}
          colours={isLine ? LINES : STATES}
          none={isLine ? "its own" : "as the limits say"}
          onChange={(color) => onChange({ color }, "")}
        />
      </div>
      <div class="two">
        <Field label="Unit" hint="Empty: the panel's." input={{ ...text("unit", 40), list: "units" }} />
        <NumberField
          label="Decimals"
          value={each.decimals}
          least={0}
          most={12}
          onChange={(decimals) => onChange({ decimals }, "decimals")}
        />
      </div>
      <div class="chips">
        <CheckField label="Hidden" value={each.hide} onChange={(hide) => onChange({ hide }, "")} />
        {isLine && (
          <CheckField
            label="Scale at the right"
            value={each.axis === "right"}
            onChange={(right) => onChange({ axis: right ? "right" : "left" }, "")}
          />
        )}
        <RemoveButton what={`what is different for field ${number}`} onRemove={onRemove} />
      </div>
      <details class="more">
        <summary>Words for its values{each.mappings.length ? ` (${each.mappings.length})` : ""}</summary>
        <Mappings
          list={each.mappings}
          onChange={(mappings, mark) => onChange({ mappings }, mark && `words ${mark}`)}
        />
      </details>
      {kept(each) && <small class="dim">Also has {kept(each)}, as the file says.</small>}
    </details>
  );
}

/** By its name as the legend or the head of a table shows it, or all that a pattern is found in. */
function Which({ each, onChange }: Pick<OverrideProps, "each" | "onChange">) {
  const by = each.pattern ? "pattern" : "field";
  const written = each[by];
  const wrong = !written
    ? "Say which."
    : by === "pattern" && !patternOf(written)
      ? "Not a regular expression."
      : "";
  return (
    <div class="two">
      <PickField
        label="Fields"
        value={by}
        options={[
          ["field", "called"],
          ["pattern", "whose name fits"],
        ]}
        onChange={(next) =>
          onChange(
            next === "pattern" ? { field: "", pattern: written || "." } : { field: written, pattern: "" },
            "",
          )
        }
      />
      <Field
        label={by === "field" ? "Name" : "Pattern"}
        hint={by === "field" ? "As the legend shows it." : "A regular expression."}
        error={wrong}
        input={{
          value: written,
          maxLength: 300,
          autocomplete: "off",
          spellcheck: false,
          list: by === "field" ? "field-names" : "no-names",
          onInput: (event) => {
            const next = event.currentTarget.value;
            if (by === "field" || next) onChange({ [by]: next }, by);
          },
        }}
      />
    </div>
  );
}

/** What is different, in a line. */
function said({ hide, label, color, unit, decimals, axis, mappings }: FieldOverride): string {
  const parts = [
    hide && "hidden",
    label && `called ${label}`,
    color && named(color),
    unit,
    decimals !== null && plural(decimals, "decimal"),
    axis === "right" && "scale at the right",
    mappings.length > 0 && "words",
  ].filter((part) => typeof part === "string" && part !== "");
  return parts.join(", ");
}

/** What the file says beyond this form. */
function kept({ thresholds, min, max, line_px, draw, width_px, paint }: FieldOverride): string {
  const parts = [
    thresholds.length > 0 && "limits",
    (min !== null || max !== null) && "ends of its scale",
    (line_px !== null || draw !== null) && "its own line",
    width_px !== null && "a width",
    paint !== null && "painted cells",
  ].filter((part) => typeof part === "string");
  return parts.join(", ");
}
