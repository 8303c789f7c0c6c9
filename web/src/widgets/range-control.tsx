// Earlier, range, Live. Moving back in time releases Live; the button then reads "Go live".

import { useState } from "preact/hooks";
import { fromInput, moment, since, toInput } from "../format/times";
import { hubNow } from "../state/clock";
import { edges, fix, goLive, labelOf, PRESETS, range, shift, toggleLive } from "../state/range";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";

export function RangeControl() {
  const current = range.value;
  const now = hubNow();
  const text = current.live
    ? labelOf(current)
    : `${since(current.fromMs, now)} – ${moment(current.toMs, now)}`;
  return (
    <div class="range">
      <button
        type="button"
        class="btn edge"
        aria-label="Earlier"
        title="Earlier  ["
        onClick={() => shift(-1)}
      >
        <Icon name="left" />
      </button>
      <Menu
        label={`Time range: ${text}`}
        class="btn"
        panel
        button={
          <>
            <Icon name="clock" />
            <span>{text}</span>
            <Icon name="down" />
          </>
        }
      >
        <fieldset class="menu-group">
          <legend class="vh">Live window</legend>
          {PRESETS.map(([name, , label]) => (
            <Item key={name} checked={current.live && current.name === name} onPick={() => goLive(name)}>
              {label}
            </Item>
          ))}
        </fieldset>
        <FixedRange />
      </Menu>
      {!current.live && (
        <button type="button" class="btn edge" aria-label="Later" title="Later  ]" onClick={() => shift(1)}>
          <Icon name="right" />
        </button>
      )}
      <button
        type="button"
        class={`btn live${current.live ? " on" : ""}`}
        aria-pressed={current.live}
        title={current.live ? "Stop moving  l" : "Follow the present  l"}
        onClick={toggleLive}
      >
        <Icon name={current.live ? "pause" : "play"} />
        <span>{current.live ? "Live" : "Go live"}</span>
      </button>
    </div>
  );
}

function FixedRange() {
  const { fromMs, toMs } = edges();
  const [from, setFrom] = useState(toInput(fromMs));
  const [to, setTo] = useState(toInput(toMs));
  const fine = fromInput(to) > fromInput(from);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!fine) return;
    fix(fromInput(from), fromInput(to));
    (event.currentTarget as HTMLElement).closest<HTMLElement>("[popover]")?.hidePopover();
  };
  return (
    <form class="fixed-range" onSubmit={submit}>
      <label>
        <span>From</span>
        <span class="input">
          <input
            type="datetime-local"
            step="1"
            value={from}
            onInput={(e) => setFrom(e.currentTarget.value)}
          />
        </span>
      </label>
      <label>
        <span>To</span>
        <span class="input">
          <input type="datetime-local" step="1" value={to} onInput={(e) => setTo(e.currentTarget.value)} />
        </span>
      </label>
      {!fine && <small class="bad-text">The end must come after the start.</small>}
      <button type="submit" class="btn">
        Show this time
      </button>
    </form>
  );
}
