// A certificate with its chain, to be copied or saved.

import type { ServiceView } from "../api/types";
import { exactly, toMs } from "../format/times";
import { Button, CopyButton } from "./controls";
import { Dialog } from "./dialog";
import { saveText } from "./save";

interface MadeProps {
  made: ServiceView;
  onClose: () => void;
}

export const MadeCertificate = ({ made, onClose }: MadeProps) => (
  <Dialog title={`Certificate of ${made.name}`} onClose={onClose} wide>
    <p>
      For {made.names.join(", ")}, good until {exactly(toMs(made.not_after_ns))}. First the certificate, then
      its CA.
    </p>
    <div class="code tall">
      <pre>{made.chain}</pre>
      <CopyButton text={made.chain} kind="primary" />
    </div>
    <div class="deeds">
      <Button icon="save" onClick={() => saveText(`${made.name}.pem`, made.chain, "application/x-pem-file")}>
        Save as {made.name}.pem
      </Button>
      <button type="button" class="btn" autofocus onClick={onClose}>
        Close
      </button>
    </div>
  </Dialog>
);
