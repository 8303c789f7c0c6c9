// The probes of the space that is looked at, and what they came to of late.

import { signal } from "@preact/signals";
import { type Probe, type ProbeRuns, type ProbeView, probesApi } from "../api/probes";
import { alsoForget } from "./forget";
import { space } from "./session";

export const probes = signal<ProbeView[] | null>(null);
export const probeRuns = signal<ReadonlyMap<string, ProbeRuns> | null>(null);
export const probesError = signal("");

alsoForget(() => {
  probes.value = null;
  probeRuns.value = null;
  probesError.value = "";
});

export async function loadProbes(): Promise<void> {
  try {
    const id = space.value?.id ?? "";
    const [list, runs] = await Promise.allSettled([probesApi.list(id), probesApi.runs(id)]);
    if (list.status === "rejected") throw list.reason;
    probes.value = list.value;
    if (runs.status === "rejected") throw runs.reason;
    probeRuns.value = new Map(runs.value.map((each) => [each.probe, each]));
    probesError.value = "";
  } catch (error) {
    probesError.value = error instanceof Error ? error.message : String(error);
  }
}

/** What a probe asks, in one line, as the command line lists it. */
export const targetOf = (probe: Probe): string =>
  probe.kind === "dns_query" ? `${probe.server} ${probe.domain} ${probe.record_type}` : probe.url;
