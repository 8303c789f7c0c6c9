// Words in place of values: one that equals, lies between, fits a pattern, or is not there. The first that fits counts.

import type { ValueMapping } from "../api/types";
import { patternOf } from "../charts/patterns";
import { NO_MAPPING } from "../state/board-defaults";
import { ColourPick, LevelMark, STATES } from "./colour-pick";
import { Button, Field } from "./controls";
import { NumberField, PickField, RemoveButton, withPart } from "./editor-fields";
import { Icon } from "./icon";

type Fits = "value" | "range" | "pattern" | "empty";

const FITS: readonly (readonly [Fits, string])[] = [
  ["value", "equals"],
  ["range", "lies between"],
  ["pattern", "fits the pattern"],
  ["empty", "is not there"],
];

/** What a mapping begins with when its condition is changed. */
const BEGIN: Record<Fits, Partial<ValueMapping>> = {
  value: { value: "" },
  range: { low: 0, high: 1 },
  pattern: { pattern: "^ok$" },
  empty: { empty: true },
};

export function fitsOf({ value, pattern, empty }: ValueMapping): Fits {
  if (empty) return "empty";
  if (typeof value === "string") return "value";
  return pattern ? "pattern" : "range";
}

export function withFits({ text, color }: ValueMapping, fits: Fits): ValueMapping {
  return { ...NO_MAPPING, text, color, ...BEGIN[fits] };
}

/** One moved before the one above it. */
export function raised<T>(list: T[], index: number): T[] {
  const above = list[index - 1];
  const own = list[index];
  if (above === undefined || own === undefined) return list;
  return list.map((each, at) => (at === index - 1 ? own : at === index ? above : each));
}

interface MappingsProps {
  list: ValueMapping[];
  onChange: (list: ValueMapping[], mark: string) => void;
}

export function Mappings({ list, onChange }: MappingsProps) {
  return (
    <fieldset class="mappings">
      <legend>Words for values</legend>
      {list.length > 1 && <small class="dim">The first that fits counts.</small>}
      {list.map((each, index) => (
        <Mapping
          key={index}
          each={each}
          number={index + 1}
          onChange={(part, mark) => onChange(withPart(list, index, part), mark && `mapping ${index} ${mark}`)}
          onRaise={index ? () => onChange(raised(list, index), "") : null}
          onRemove={() =>
            onChange(
              list.filter((_, own) => own !== index),
              "",
            )
          }
        />
      ))}
      <Button small icon="plus" onClick={() => onChange([...list, withFits(NO_MAPPING, "value")], "")}>
        Add words
      </Button>
    </fieldset>
  );
}

interface MappingProps {
  each: ValueMapping;
  number: number;
  onChange: (part: Partial<ValueMapping>, mark: string) => void;
  onRaise: (() => void) | null;
  onRemove: () => void;
}

function Mapping({ each, number, onChange, onRaise, onRemove }: MappingProps) {
  const fits = fitsOf(each);
  return (
    <section class="query card" aria-label={`Words ${number}`}>
      <div class="two">
        <PickField
          label="A value that"
          value={fits}
          options={FITS}
          onChange={(next) => onChange(withFits(each, next), "")}
        />
        <Condition each={each} fits={fits} onChange={onChange} />
      </div>
      <div class="two">
        <Field
          label="is written as"
          hint="Empty: as it is, in this colour."
          input={{
            value: each.text,
            maxLength: 300,
            autocomplete: "off",
            onInput: (event) => onChange({ text: event.currentTarget.value }, "text"),
          }}
        />
        <ColourPick
          label="and is"
          value={each.color}
          colours={STATES}
          none="as the limits say"
          onChange={(color) => onChange({ color }, "")}
        />
      </div>
      <div class="chips">
        <LevelMark colour={each.color} />
        {onRaise && (
          <button
            type="button"
            class="icon-btn"
            aria-label={`Words ${number}: before those above`}
            title="Before those above"
            onClick={onRaise}
          >
            <Icon name="sortUp" />
          </button>
        )}
        <RemoveButton what={`words ${number}`} onRemove={onRemove} />
      </div>
    </section>
  );
}

function Condition({ each, fits, onChange }: Pick<MappingProps, "each" | "onChange"> & { fits: Fits }) {
  if (fits === "empty") return <span />;
  if (fits === "range")
    return (
      <div class="two">
        <NumberField label="from" value={each.low} onChange={(low) => onChange({ low }, "low")} />
        <NumberField label="to" value={each.high} onChange={(high) => onChange({ high }, "high")} />
      </div>
    );
  const name = fits === "value" ? "value" : "pattern";
  const wrong = fits === "pattern" && !patternOf(each.pattern) ? "Not a regular expression." : "";
  return (
    <Field
      label={fits === "value" ? "this" : "this pattern"}
      hint={fits === "value" ? "A number or a word." : "(?i) in front: whatever the case."}
      error={wrong}
      input={{
        value: each[name] ?? "",
        maxLength: fits === "value" ? 300 : 256,
        autocomplete: "off",
        spellcheck: false,
        onInput: (event) => {
          const written = event.currentTarget.value;
          // without a pattern there would be no condition
          if (fits === "value" || written) onChange({ [name]: written }, name);
        },
      }}
    />
  );
}
