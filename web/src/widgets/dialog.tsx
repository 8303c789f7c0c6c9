// A native <dialog>: title as a question or deed, consequence, two buttons, focus on the safe one.

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { CliLine } from "./cli-line";
import { Mark } from "./icon";

interface DialogProps {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, wide = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a dialog natively; the click is only on its backdrop.
    <dialog
      ref={dialog}
      class={wide ? "dialog wide" : "dialog"}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="sheet">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

interface DeedProps {
  title: string;
  consequence: ComponentChildren;
  keep: string; // what the safe button says
  deed: string; // what the other one does, naming the object
  danger?: boolean;
  ready?: boolean; // whether there is enough to go on
  cli?: string; // the same on the command line
  wide?: boolean;
  onClose: () => void;
  onDeed: () => Promise<unknown>;
  children?: ComponentChildren;
}

/** Asks before a deed; a failure stays in the dialog, beside what was typed. */
export function Deed({
  title,
  consequence,
  keep,
  deed,
  danger = false,
  ready = true,
  cli = "",
  wide = false,
  onClose,
  onDeed,
  children,
}: DeedProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      // false: there is something to show before it closes
      if ((await onDeed()) !== false) onClose();
      else setBusy(false);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} wide={wide}>
      <form onSubmit={submit}>
        <p>{consequence}</p>
        {children}
        {cli && <CliLine text={cli} />}
        {error && (
          <p class="bad-text" role="alert">
            <Mark name="crit" />
            <span>Not done: {error}.</span>
          </p>
        )}
        <div class="deeds">
          <button type="button" class="btn" autofocus={!children} onClick={onClose}>
            {keep}
          </button>
          <button type="submit" class={danger ? "btn solid-danger" : "btn primary"} disabled={busy || !ready}>
            {deed}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
