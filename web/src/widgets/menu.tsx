// A menu button: native popover (Esc and a click outside close it), arrows move, placed under its button.

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icon";

interface MenuProps {
  label: string; // what the button says to a screen reader
  button: ComponentChildren;
  class?: string;
  panel?: boolean; // holds form controls instead of items
  children: ComponentChildren;
}

export function Menu({ label, button, class: name = "icon-btn", panel = false, children }: MenuProps) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  useLayoutEffect(() => {
    if (opener.current && sheet.current) placeMenu(sheet.current, opener.current);
  }, [open]);
  return (
    <>
      <button
        ref={opener}
        type="button"
        class={name}
        aria-label={label}
        aria-haspopup={panel ? "dialog" : "menu"}
        aria-expanded={open}
        popovertarget={id}
      >
        {button}
      </button>
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role is dialog or menu, and both take a label. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a menu's arrow keys. */}
      <div
        ref={sheet}
        id={id}
        popover="auto"
        role={panel ? "dialog" : "menu"}
        aria-label={label}
        class="menu"
        onToggle={(event) => setOpen(event.newState === "open")}
        onKeyDown={(event) => menuArrows(event, sheet.current)}
      >
        {open && children}
      </div>
    </>
  );
}

/** Puts an open menu under its button, or above it where there is more room, and the focus on its first item. */
export function placeMenu(sheet: HTMLElement, opener: Element): void {
  if (!sheet.matches(":popover-open")) return;
  const at = opener.getBoundingClientRect();
  const { offsetWidth, offsetHeight, style } = sheet;
  const left = Math.max(8, Math.min(at.right - offsetWidth, innerWidth - offsetWidth - 8));
  const fitsBelow = at.bottom + offsetHeight + 8 < innerHeight;
  const top = fitsBelow ? at.bottom + 4 : Math.max(8, at.top - offsetHeight - 4);
  style.setProperty("--left", `${left}px`);
  style.setProperty("--top", `${top}px`);
  items(sheet)[0]?.focus();
}

const items = (sheet: HTMLElement): HTMLElement[] => [
  ...sheet.querySelectorAll<HTMLElement>("[role^=menuitem], input, button, select"),
];

export function menuArrows(event: KeyboardEvent, sheet: HTMLElement | null): void {
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!move || !sheet || (event.target as HTMLElement).tagName === "INPUT") return;
  event.preventDefault();
  const all = items(sheet);
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[(at + move + all.length) % all.length]?.focus();
}

interface ItemProps {
  icon?: IconName;
  checked?: boolean;
  danger?: boolean;
  end?: ComponentChildren;
  onPick: () => void;
  children: ComponentChildren;
}

export function Item({ icon, checked, danger = false, end, onPick, children }: ItemProps) {
  const pick = (event: Event) => {
    (event.currentTarget as HTMLElement).closest<HTMLElement>("[popover]")?.hidePopover();
    onPick();
  };
  const role = checked === undefined ? "menuitem" : "menuitemradio";
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: aria-checked is set for radio items alone.
    <button type="button" role={role} aria-checked={checked} class={danger ? "danger" : ""} onClick={pick}>
      {checked === undefined ? (
        icon && <Icon name={icon} />
      ) : checked ? (
        <Icon name="check" />
      ) : (
        <span class="i" />
      )}
      <span>{children}</span>
      {end && <span class="end">{end}</span>}
    </button>
  );
}
