// The whole audit log as a file of JSON lines, which `muster audit verify --export` takes.

import { useState } from "preact/hooks";
import { grouped } from "../format/units";
import { exported } from "../state/audit";
import { failed } from "../state/toasts";
import { Button } from "./controls";

export function ExportAudit() {
  const [count, setCount] = useState(-1);
  const save = async () => {
    setCount(0);
    try {
      const address = URL.createObjectURL(
        new Blob([await exported(setCount)], { type: "application/x-ndjson" }),
      );
      const link = document.createElement("a");
      Object.assign(link, { href: address, download: "muster-audit.jsonl" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
      failed("The audit log was not exported", error);
    }
    setCount(-1);
  };
  return (
    <Button icon="save" disabled={count >= 0} onClick={() => void save()}>
      {count >= 0 ? `Reading, ${grouped(count)} so far` : "Export as JSON lines"}
    </Button>
  );
}
