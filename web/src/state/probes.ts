// The probes of the space that is looked at.

import { signal } from "@preact/signals";
import { type Probe, type ProbeView, probesApi } from "../api/probes";
import { space } from "./session";

export const probes = signal<ProbeView[] | null>(null);
export const probesError = signal("");

export async function loadProbes(): Promise<void> {
  try {
    probes.value = await probesApi.list(space.value?.id ?? "");
    probesError.value = "";
  } catch (error) {
    probesError.value = error instanceof Error ? error.message : String(error);
  }
}

/** What a probe asks, in one line, as the command line lists it. */
export const targetOf = (probe: Probe): string =>
  probe.kind === "dns_query" ? `${probe.server} ${probe.domain} ${probe.record_type}` : probe.url;
