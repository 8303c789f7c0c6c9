// Filters of the audit log: words, what it is about, and only what was refused. All of it is in the address.

import { useLayoutEffect, useRef } from "preact/hooks";
import type { AuditEvent } from "../api/types";
import { type Filter, kindsOf, loadEvents } from "../state/audit";
import { bind } from "../state/keys";
import { setParams } from "../state/location";
import { Chip } from "./controls";
import { Icon } from "./icon";

const MOST_KINDS = 8;

export function AuditFilters({ all, filter }: { all: AuditEvent[]; filter: Filter }) {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(
    () => bind("Audit log", [{ keys: "/", what: "Filter", run: () => field.current?.focus() }]),
    [],
  );
  const kinds = kindsOf(all);
  const shown = kinds.slice(0, MOST_KINDS);
  if (filter.kind && !shown.some(([kind]) => kind === filter.kind)) shown.push([filter.kind, 0]);
  return (
    <search class="filters">
      <span class="input">
        <Icon name="search" />
        <input
          ref={field}
          type="search"
          value={filter.text}
          placeholder="Who, what, which, from where"
          aria-label="Filter events"
          onInput={(event) => setParams({ q: event.currentTarget.value }, true)}
        />
        <kbd>/</kbd>
      </span>
      <div class="chips">
        {shown.map(([kind, count]) => (
          <Chip
            key={kind}
            pressed={filter.kind === kind}
            onClick={() => setParams({ kind: filter.kind === kind ? "" : kind })}
          >
            {kind} <span class="dim">{count}</span>
          </Chip>
        ))}
        <Chip
          pressed={filter.refused}
          onClick={() => setParams({ outcome: filter.refused ? "" : "refused" })}
        >
          Refused
        </Chip>
        <button type="button" class="btn" onClick={() => void loadEvents()}>
          Read again
        </button>
      </div>
    </search>
  );
}
