// Filters of the node table: words and states, both in the address.

import type { NodeState } from "../api/types";
import { STATES, WORD } from "../format/states";
import { grouped } from "../format/units";
import type { Listing } from "../state/listing";
import { param, setParams } from "../state/location";
import { Chip } from "./controls";
import { Icon, Mark } from "./icon";

export function toggleState(state: NodeState): void {
  const chosen = param("state").split(",").filter(Boolean);
  const next = chosen.includes(state) ? chosen.filter((each) => each !== state) : [...chosen, state];
  setParams({ state: next.join(",") });
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
      <span class="end" role="status">
        {grouped(shown)} of {grouped(total)}
      </span>
    </search>
  );
}
