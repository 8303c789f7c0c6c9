// What can be chosen above the panels. What is chosen stands there as chips; the rest is behind one button per variable.

import { useSignal } from "@preact/signals";
import type { Variable, VariableValue } from "../api/types";
import { sentence } from "../format/states";
import { grouped } from "../format/units";
import { board } from "../state/board";
import { ALL, isAll, paramName, toggled, wantedOf, written } from "../state/board-choices";
import { chosen, offeredOf, type Values } from "../state/board-values";
import { params, setParams } from "../state/location";
import { Icon, Mark } from "./icon";
import { Menu } from "./menu";

const FEW = 3; // variables that stand beside the title
const MOST_CHIPS = 4;
const SEARCHED = 8; // values from which on one may search
const MOST_LISTED = 200;

export function VariableBar() {
  const seen = (board.value?.variables ?? []).filter((variable) => !variable.hide);
  if (!seen.length) return null;
  return (
    <search class={seen.length > FEW ? "variables many" : "variables"} aria-label="Variables">
      {seen.map((variable) =>
        variable.kind === "text" ? (
          <TextVariable key={variable.name} variable={variable} />
        ) : (
          <ChoiceVariable key={variable.name} variable={variable} />
        ),
      )}
    </search>
  );
}

const labelOf = (variable: Variable): string =>
  variable.label || variable.name.charAt(0).toUpperCase() + variable.name.slice(1);

const choose = (variable: Variable, values: readonly string[]): void => {
  const usual = variable.default.length ? variable.default : variable.all ? [ALL] : [];
  const text = written(values);
  setParams({ [paramName(variable.name)]: text === written(usual) ? "" : text });
};

function TextVariable({ variable }: { variable: Variable }) {
  const [text = ""] = wantedOf(variable, params.value);
  return (
    <label class="variable">
      <span>{labelOf(variable)}</span>
      <span class="input">
        <input
          value={text}
          maxLength={300}
          autocomplete="off"
          spellcheck={false}
          onChange={(event) => setParams({ [paramName(variable.name)]: event.currentTarget.value })}
        />
      </span>
    </label>
  );
}

function ChoiceVariable({ variable }: { variable: Variable }) {
  const { choices } = chosen.value;
  const values = offeredOf(variable);
  const wanted = wantedOf(variable, params.value);
  const all = isAll(variable, wanted);
  const own = choices[variable.name] ?? [];
  const nameOf = (value: string) => values.list?.find((each) => each.value === value)?.text ?? value;
  const chips = variable.multi && !all && own.length <= MOST_CHIPS ? own : [];
  return (
    <fieldset class="variable" aria-label={labelOf(variable)}>
      <span>{labelOf(variable)}</span>
      {chips.map((value) => (
        <button
          key={value}
          type="button"
          class="chip"
          aria-pressed="true"
          title={`Take ${nameOf(value)} away`}
          onClick={() => choose(variable, toggled(variable, own, value))}
        >
          {nameOf(value)}
          <Icon name="x" />
        </button>
      ))}
      <Menu
        label={`${labelOf(variable)}: ${all ? "all" : own.map(nameOf).join(", ") || "nothing"}`}
        class="btn pick"
        panel
        button={
          <>
            <span>{buttonText(variable, { all, own: own.map(nameOf), chips: chips.length, values })}</span>
            <Icon name="down" />
          </>
        }
      >
        <Options variable={variable} values={values} wanted={all ? [ALL] : own} />
      </Menu>
      {values.error && (
        <span class="trouble" role="img" title={sentence(values.error)} aria-label={sentence(values.error)}>
          <Mark name="warn" />
        </span>
      )}
    </fieldset>
  );
}

interface ButtonState {
  all: boolean;
  own: string[];
  chips: number;
  values: Values;
}

function buttonText(variable: Variable, { all, own, chips, values }: ButtonState): string {
  if (values.list === null) return "Reading";
  if (all) return `All ${values.list.length ? grouped(values.list.length) : ""}`.trim();
  if (chips) return `Add ${labelOf(variable).toLowerCase()}`;
  if (!own.length) return "nothing";
  return own.length > 1 ? `${grouped(own.length)} of ${grouped(values.list.length)}` : (own[0] ?? "");
}

interface OptionsProps {
  variable: Variable;
  values: Values;
  wanted: readonly string[];
}

function Options({ variable, values, wanted }: OptionsProps) {
  const text = useSignal("");
  const list = values.list ?? [];
  const found = list.filter((each) => each.text.toLowerCase().includes(text.value.toLowerCase()));
  return (
    <div class="options">
      {list.length > SEARCHED && (
        <label class="input">
          <Icon name="search" />
          <span class="vh">Find</span>
          <input
            type="search"
            value={text.value}
            placeholder="Find"
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
          />
        </label>
      )}
      {variable.all && !text.value && (
        <Option variable={variable} option={{ value: ALL, text: "All" }} wanted={wanted} />
      )}
      {found.slice(0, MOST_LISTED).map((option) => (
        <Option key={option.value} variable={variable} option={option} wanted={wanted} />
      ))}
      <Rest values={values} found={found.length} />
    </div>
  );
}

function Option({
  variable,
  option,
  wanted,
}: {
  variable: Variable;
  option: VariableValue;
  wanted: readonly string[];
}) {
  const on = wanted.includes(option.value);
  const pick = (event: Event) => {
    if (!variable.multi || option.value === ALL)
      (event.currentTarget as HTMLElement).closest<HTMLElement>("[popover]")?.hidePopover();
    choose(variable, toggled(variable, wanted, option.value));
  };
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have aria-checked.
    <button
      type="button"
      role={variable.multi ? "menuitemcheckbox" : "menuitemradio"}
      aria-checked={on}
      onClick={pick}
    >
      {on ? <Icon name="check" /> : <span class="i" />}
      <span>{option.text}</span>
    </button>
  );
}

function Rest({ values, found }: { values: Values; found: number }) {
  if (values.list !== null && !found)
    return <p class="dim">{values.list.length ? "None of them." : "There are no values in this range."}</p>;
  const more = values.more + Math.max(0, found - MOST_LISTED);
  return more ? <p class="dim">and {grouped(more)} more: write a part of the name</p> : null;
}
