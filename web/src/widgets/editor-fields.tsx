// Fields of the panel editor: a number that may be empty, one of several, yes or no.

import { useId } from "preact/hooks";
import { Field } from "./controls";
import { Icon } from "./icon";

interface NumberFieldProps {
  label: string;
  hint?: string;
  value: number | null;
  least?: number;
  most?: number;
  step?: string;
  onChange: (value: number | null) => void;
}

export function NumberField({
  label,
  hint = "",
  value,
  least,
  most,
  step = "any",
  onChange,
}: NumberFieldProps) {
  return (
    <Field
      label={label}
      hint={hint}
      input={{
        type: "number",
        value: value ?? "",
        step,
        ...(least === undefined ? {} : { min: least }),
        ...(most === undefined ? {} : { max: most }),
        onInput: (event) => {
          const number = event.currentTarget.valueAsNumber;
          if (event.currentTarget.validity.valid) onChange(Number.isNaN(number) ? null : number);
        },
      }}
    />
  );
}

interface PickFieldProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [value: T, text: string])[];
  onChange: (value: T) => void;
}

export function PickField<T extends string>({ label, value, options, onChange }: PickFieldProps<T>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const picked = options.find(([key]) => key === event.currentTarget.value);
          if (picked) onChange(picked[0]);
        }}
      >
        {options.map(([key, text]) => (
          <option key={key} value={key} selected={key === value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface CheckFieldProps {
  label: string;
  value: boolean;
  onChange: (value: boolean) => void;
}

export const CheckField = ({ label, value, onChange }: CheckFieldProps) => (
  <label class="check">
    <input type="checkbox" checked={value} onChange={(event) => onChange(event.currentTarget.checked)} />
    {label}
  </label>
);

/** One of a list changed. */
export const withPart = <T,>(list: T[], index: number, part: Partial<T>): T[] =>
  list.map((each, own) => (own === index ? { ...each, ...part } : each));

export const RemoveButton = ({ what, onRemove }: { what: string; onRemove: () => void }) => (
  <button
    type="button"
    class="icon-btn"
    aria-label={`Remove ${what}`}
    title={`Remove ${what}`}
    onClick={onRemove}
  >
    <Icon name="bin" />
  </button>
);
