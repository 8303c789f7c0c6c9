// The question before each step of a roll-over. What would be lost is named, and force is a choice of its own.

import { useState } from "preact/hooks";
import type { RollStep } from "../api/trust";
import type { RollStatus } from "../api/types";
import { plural } from "../format/units";
import { takeStep } from "../state/authority";
import { Deed } from "./dialog";

interface RollDeedProps {
  step: RollStep;
  status: RollStatus;
  onClose: () => void;
}

interface Question {
  title: string;
  consequence: string;
  keep: string;
  deed: string;
}

function questionOf(step: RollStep, status: RollStatus): Question {
  const missing = status.nodes - status.confirmed;
  switch (step) {
    case "prepare":
      return {
        title: "Prepare a new root?",
        consequence:
          "A new root is made and signed by the old one as well. All nodes learn of it over their links; the old one goes on signing. It can be forgotten again.",
        keep: "Leave it",
        deed: "Prepare it",
      };
    case "activate":
      return {
        title: "Let the new root sign?",
        consequence: missing
          ? `${plural(missing, "node")} ${missing === 1 ? "has" : "have"} not stored the new root yet. They still get in: the old root vouches for the new one until it is retired. There is no way back from here.`
          : "Every node has stored it. Certificates are of the new CA from now on, and nodes renew soon. There is no way back from here.",
        keep: "Wait",
        deed: "Activate the new root",
      };
    case "abort":
      return {
        title: "Forget the new root?",
        consequence: "It has signed nothing. Nodes forget it when they are told; everything is as before.",
        keep: "Keep it",
        deed: "Forget the new root",
      };
    case "retire":
      return {
        title: "Trust the old root no more?",
        consequence: status.behind.length
          ? `${plural(status.behind.length, "node")} would be lost: ${namesOf(status)}. Each would have to claim anew.`
          : "Every node has moved over. Certificates of the old CA open nothing from then on, and tokens with its pin are refused.",
        keep: "Wait",
        deed: "Retire the old root",
      };
  }
}

const namesOf = ({ behind }: RollStatus): string =>
  behind
    .slice(0, 5)
    .map((node) => node.name)
    .join(", ") + (behind.length > 5 ? ` and ${behind.length - 5} more` : "");

export function RollDeed({ step, status, onClose }: RollDeedProps) {
  const [force, setForce] = useState(false);
  const losing = step === "retire" && status.behind.length > 0;
  const question = questionOf(step, status);
  return (
    <Deed
      {...question}
      deed={losing ? `Retire it and lose ${plural(status.behind.length, "node")}` : question.deed}
      danger={losing}
      ready={!losing || force}
      cli={`muster ca roll ${step}${losing ? " --force" : ""}`}
      onClose={onClose}
      onDeed={() => takeStep(step, losing && force)}
    >
      {losing && (
        <label class="check">
          <input
            type="checkbox"
            checked={force}
            onChange={(event) => setForce(event.currentTarget.checked)}
          />
          <span>Go on without them</span>
        </label>
      )}
    </Deed>
  );
}
