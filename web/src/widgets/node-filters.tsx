// Filters of the node table: words and states, both in the address.

import { computed } from "@preact/signals";
import type { NodeState } from "../api/types";
import { STATES, WORD } from "../format/states";
import { grouped } from "../format/units";
import { type Listing, labelsOf } from "../state/listing";
import { param, setParams } from "../state/location";
import { loaded, nodes } from "../state/nodes";
import { findRoom, rooms } from "../state/rooms";
import { Chip } from "./controls";
import { Icon, Mark } from "./icon";

export function toggleState(state: NodeState): void {
  const chosen = param("state").split(",").filter(Boolean);
  const next = chosen.includes(state) ? chosen.filter((each) => each !== state) : [...chosen, state];
  setParams({ state: next.join(",") });
}

/** Every label of every node, once. */
const labelsKnown = computed(() => [...new Set([...nodes.value.values()].flatMap(labelsOf))].sort());

interface PickProps {
  label: string;
  all: string;
  value: string;
  options: string[];
  onPick: (value: string) => void;
}

/** One of many, natively; absent while there is nothing to choose from. */
function Pick({ label, all, value, options, onPick }: PickProps) {
  if (!options.length && !value) return null;
  const listed = value && !options.includes(value) ? [value, ...options] : options;
  return (
    <select
      class={value ? "chosen" : ""}
      aria-label={label}
      value={value}
      onChange={(event) => onPick(event.currentTarget.value)}
    >
      <option value="">{all}</option>
      {listed.map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  );
}

export function NodeFilters({ listing, shown, total }: { listing: Listing; shown: number; total: number }) {
  return (
    <search class="filters">
      <label class="input">
        <Icon name="search" />
        <span class="vh">Filter nodes</span>
        <input
          id="filter"
          type="search"
          placeholder="Filter by name, system or address"
          value={listing.text}
          onInput={(event) => setParams({ q: event.currentTarget.value }, true)}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
        <kbd>/</kbd>
      </label>
      <div class="chips">
        {STATES.map((state) => (
          <Chip key={state} pressed={listing.states.includes(state)} onClick={() => toggleState(state)}>
            {!listing.states.includes(state) && <Mark name={state} />}
            {WORD[state]}
          </Chip>
        ))}
      </div>
      <Pick
        label="Room"
        all="All rooms"
        value={findRoom(param("room"))?.name ?? ""}
        options={rooms.value.map((room) => room.name)}
        onPick={(room) => setParams({ room })}
      />
      <Pick
        label="Label"
        all="All labels"
        value={listing.label}
        options={labelsKnown.value}
        onPick={(label) => setParams({ label })}
      />
      <span class="end" role="status">
        {grouped(shown)} of {grouped(total)}
        {!loaded.value && " read so far"}
      </span>
    </search>
  );
}
