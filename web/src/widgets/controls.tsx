// Small controls: fields with hint or error, segments, chips, meters, buttons that copy.

import type { ComponentChildren, InputHTMLAttributes } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import type { Heat } from "../format/states";
import { Icon, type IconName, Mark } from "./icon";

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string;
  input: InputHTMLAttributes<HTMLInputElement>;
}

/** Label above, control, hint; an error takes the hint's place and says what to do. */
export function Field({ label, hint, error, input }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class={error ? "input bad" : "input"}>
        <input id={id} aria-invalid={error ? true : undefined} aria-describedby={`${id}-note`} {...input} />
      </span>
      <small id={`${id}-note`} class={error ? "bad-text" : ""} role={error ? "alert" : undefined}>
        {error ? [<Mark name="crit" />, <span>{error}</span>] : hint}
      </small>
    </div>
  );
}

interface SegmentsProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [value: T, text: string])[];
  onChange: (value: T) => void;
}

/** One of a few: native radio buttons, so arrows and screen readers work as everywhere. */
export function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>) {
  const name = useId();
  return (
    <fieldset class="seg" aria-label={label}>
      {options.map(([key, text]) => (
        <label key={key}>
          <input type="radio" class="vh" name={name} checked={key === value} onChange={() => onChange(key)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

interface ChipProps {
  pressed: boolean;
  onClick: () => void;
  children: ComponentChildren;
}

export function Chip({ pressed, onClick, children }: ChipProps) {
  return (
    <button type="button" class="chip" aria-pressed={pressed} onClick={onClick}>
      {pressed && <Icon name="check" />}
      {children}
    </button>
  );
}

/** 4 px track; grey until a limit, then warn or crit. Width comes through the object model, never a style text. */
export function Meter({ value, heat = "" }: { value: number; heat?: Heat | "acc" }) {
  return <span class={`meter ${heat}`} style={{ "--v": Math.max(0, Math.min(100, value)).toFixed(1) }} />;
}

interface ButtonProps {
  icon?: IconName;
  kind?: "" | "primary" | "danger" | "solid-danger" | "quiet";
  small?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  onClick?: () => void;
  children: ComponentChildren;
}

export function Button({
  icon,
  kind = "",
  small = false,
  disabled = false,
  type = "button",
  onClick,
  children,
}: ButtonProps) {
  return (
    <button type={type} class={`btn ${kind}${small ? " small" : ""}`} disabled={disabled} onClick={onClick}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

const COPIED_MS = 2_000;

export function CopyButton({ text, kind = "" }: { text: string; kind?: "" | "primary" }) {
  const [state, setState] = useState<"" | "copied" | "refused">("");
  useEffect(() => {
    if (!state) return undefined;
    const timer = setTimeout(() => setState(""), COPIED_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setState("copied"),
      () => setState("refused"),
    );
  return (
    <Button small kind={kind} icon={state === "copied" ? "check" : "copy"} onClick={copy}>
      <span aria-live="polite">
        {state === "copied" ? "Copied" : state === "refused" ? "Select and copy by hand" : "Copy"}
      </span>
    </Button>
  );
}

export const Tag = ({ children }: { children: ComponentChildren }) => <span class="tag">{children}</span>;

interface TextAreaProps {
  label: string;
  hint?: ComponentChildren;
  value: string;
  most?: number; // characters
  onValue: (value: string) => void;
}

/** Text of several lines that is pasted more than written: a request, a certificate. */
export function TextArea({ label, hint, value, most = 40_000, onValue }: TextAreaProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        class="mono"
        rows={6}
        maxLength={most}
        autocomplete="off"
        spellcheck={false}
        aria-describedby={`${id}-note`}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      <small id={`${id}-note`}>{hint}</small>
    </div>
  );
}
