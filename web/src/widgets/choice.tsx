// One of a few usual values, or another one in words: read when the field is left, never while typing.

import { useEffect, useState } from "preact/hooks";
import type { Reading } from "../format/spans";
import { Field, Segments } from "./controls";

const OTHER = "other";

interface ChoiceProps {
  label: string;
  value: number;
  options: readonly (readonly [value: string, text: string])[];
  text: (value: number) => string;
  read: (text: string) => Reading;
  hint: string;
  onChange: (value: number) => void;
  onReadable: (readable: boolean) => void; // whether the field holds a value
}

export function Choice({ label, value, options, text, read, hint, onChange, onReadable }: ChoiceProps) {
  const usual = options.some(([key]) => Number(key) === value);
  const [open, setOpen] = useState(!usual);
  const [written, setWritten] = useState(text(value));
  const [error, setError] = useState("");
  useEffect(() => () => onReadable(true), []);
  const pick = (key: string) => {
    setOpen(key === OTHER);
    setError("");
    onReadable(true);
    if (key === OTHER) setWritten(text(value));
    else onChange(Number(key));
  };
  const settle = (typed: string) => {
    const reading = read(typed);
    setError("error" in reading ? reading.error : "");
    onReadable("value" in reading);
    if ("value" in reading) onChange(reading.value);
  };
  return (
    <div class="choice">
      <Segments
        label={label}
        value={open ? OTHER : String(value)}
        options={[...options, [OTHER, "Other"] as const]}
        onChange={pick}
      />
      {open && (
        <Field
          label={`${label}: other`}
          hint={hint}
          error={error}
          input={{
            value: written,
            maxLength: 24,
            autocomplete: "off",
            spellcheck: false,
            onInput: (event) => setWritten(event.currentTarget.value),
            onFocus: (event) => event.currentTarget.select(),
            onChange: (event) => settle(event.currentTarget.value),
          }}
        />
      )}
    </div>
  );
}
