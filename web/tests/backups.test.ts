import { expect, it } from "vitest";
import type { BackupView } from "../src/api/types";
import { contentsShort, contentsText, fetchLine, restoreLine } from "../src/format/backups";

const view = (contents: Record<string, number>, rows = 0): BackupView => ({
  name: "a.tar.zst",
  bytes: 1,
  time_ns: 0,
  by: "",
  planned: false,
  checked_ns: 0,
  fault: "",
  sha256: "",
  hub: "",
  version: "",
  rows,
  files: 1,
  contents,
});

it("says what a backup is made of, values first, in words", () => {
  expect(contentsText(view({ ca: 2048, series: 1024, "hub.toml": 512 }))).toBe(
    "values 1.0\u00a0KiB, keys of the authority 2.0\u00a0KiB, settings 512\u00a0B",
  );
});

it("sums up what is no value", () => {
  const short = contentsShort(view({ ca: 1024, series: 2048, "records.sqlite": 1024 }, 1));

  expect(short).toEqual({ rows: "1 row", sizes: "values 2.0\u00a0KiB, all else 2.0\u00a0KiB" });
});

it("writes lines that a shell reads as one word each", () => {
  expect(fetchLine("hub.lan", "/srv/my backups", "a.tar.zst")).toBe(
    "scp 'hub.lan:/srv/my backups/a.tar.zst' .",
  );
  expect(restoreLine("a.tar.zst")).toBe("muster restore a.tar.zst --data /var/lib/muster");
});
