// What backups are made of, in words, and the lines that bring one to another machine.

import type { BackupView } from "../api/types";
import { commandLine } from "./shell";
import { plural, withUnit } from "./units";

/** Places in a backup, in the order in which they matter to whoever restores one. */
const PLACES: [name: string, place: string][] = [
  ["values", "series"],
  ["values not stored yet", "journal"],
  ["records", "records.sqlite"],
  ["names of series", "catalogue.sqlite"],
  ["dashboards", "dashboards"],
  ["keys of the authority", "ca"],
  ["settings", "hub.toml"],
  ["first password", "admin-password"],
];

/** "values 34 MiB, records 1.2 MiB, …"; empty while nobody has looked into it. */
export const contentsText = ({ contents }: BackupView): string =>
  PLACES.flatMap(([name, place]) => {
    const size = contents[place];
    return size === undefined ? [] : [`${name} ${withUnit("bytes", size)}`];
  }).join(", ");

/** What there is most of, and all else in one number. */
export function contentsShort({ contents, rows }: BackupView): { rows: string; sizes: string } {
  const values = contents.series ?? 0;
  const all = Object.values(contents).reduce((sum, size) => sum + size, 0);
  return {
    rows: plural(rows, "row"),
    sizes: `values ${withUnit("bytes", values)}, all else ${withUnit("bytes", all - values)}`,
  };
}

const NEW_DATA = "/var/lib/muster";

export const fetchLine = (host: string, folder: string, name: string): string =>
  commandLine("scp", `${host}:${folder}/${name}`, ".");

export const restoreLine = (name: string): string =>
  commandLine("muster", "restore", name, "--data", NEW_DATA);

export const startLine = (): string => commandLine("muster", "up", "--data", NEW_DATA);
