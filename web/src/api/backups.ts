// Calls about backups of the hub. There is none that fetches one: it holds the authority's keys.

import { call, get } from "./client";
import type { BackupRun, BackupsView } from "./types";

const at = (name: string) => `/backups/${encodeURIComponent(name)}`;

export const backups = {
  all: () => get<BackupsView>("/backups"),
  create: () => call<BackupRun>("POST", "/backups"),
  verify: (name: string) => call<BackupRun>("POST", `${at(name)}/verify`),
  remove: (name: string) => call<void>("DELETE", at(name)),
};
