// A field of the address: read when it is left, never while typing; what can't be read says why and stays in the field.

import { useEffect, useState } from "preact/hooks";
import { setReadable } from "../state/choices";
import { param, setParams } from "../state/location";
import { Field } from "./controls";

interface TextChoiceProps {
  name: string; // of the parameter
  label: string;
  hint: string;
  check?: (text: string) => string; // what is wrong with it
  placeholder?: string;
  maxLength?: number;
}

export function TextChoice({ name, label, hint, check, placeholder, maxLength = 400 }: TextChoiceProps) {
  const [written, setWritten] = useState(param(name));
  const [error, setError] = useState("");
  useEffect(() => () => setReadable(name, true), []);
  const settle = (text: string) => {
    const wrong = check?.(text) ?? "";
    setError(wrong);
    setReadable(name, !wrong);
    if (!wrong) setParams({ [name]: text.trim() }, true);
  };
  return (
    <Field
      label={label}
      hint={hint}
      error={error}
      input={{
        value: written,
        maxLength,
        placeholder,
        autocomplete: "off",
        autocapitalize: "off",
        spellcheck: false,
        onInput: (event) => setWritten(event.currentTarget.value),
        onChange: (event) => settle(event.currentTarget.value),
      }}
    />
  );
}
