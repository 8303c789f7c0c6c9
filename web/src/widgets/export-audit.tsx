// The whole audit log as a file of JSON lines, which `muster audit verify --export` takes.

import { useState } from "preact/hooks";
import { grouped } from "../format/units";
import { exported } from "../state/audit";
import { failed } from "../state/toasts";
import { Button } from "./controls";
import { saveText } from "./save";

export function ExportAudit() {
  const [count, setCount] = useState(-1);
  const save = async () => {
    setCount(0);
    try {
      saveText("muster-audit.jsonl", await exported(setCount), "application/x-ndjson");
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
