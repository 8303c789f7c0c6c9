// The limits of a panel: a colour from a value on, in order; the first may be without a value.

import type { Panel, Threshold } from "../api/types";
import { ColourPick, LevelMark, STATES } from "./colour-pick";
import { Button } from "./controls";
import { NumberField, PickField } from "./editor-fields";
import { Icon } from "./icon";

interface ThresholdsProps {
  panel: Panel;
  change: (part: Partial<Panel>, mark: string) => void;
}

export function Thresholds({ panel, change }: ThresholdsProps) {
  const list = panel.thresholds;
  const put = (next: Threshold[], mark = "") => change({ thresholds: next }, mark);
  const at = (index: number, part: Partial<Threshold>, mark = "") =>
    put(
      list.map((each, own) => (own === index ? { ...each, ...part } : each)),
      mark,
    );
  const add = () => {
    const last = list.findLast((each) => typeof each.value === "number")?.value ?? 0;
    put([...list, { color: list.length ? "red" : "yellow", value: last ? last * 1.25 : 80 }]);
  };
  return (
    <fieldset class="thresholds">
      <legend>Limits</legend>
      {list.map((each, index) => (
        <div key={index} class="threshold">
          <LevelMark colour={each.color} />
          <NumberField
            label="From"
            value={each.value}
            onChange={(value) => at(index, { value }, `limit ${index}`)}
          />
          <ColourPick
            label="is"
            value={each.color}
            colours={STATES}
            onChange={(color) => at(index, { color })}
          />
          <button
            type="button"
            class="icon-btn"
            aria-label="Remove this limit"
            title="Remove this limit"
            onClick={() => put(list.filter((_, own) => own !== index))}
          >
            <Icon name="x" />
          </button>
        </div>
      ))}
      <div class="chips">
        <Button small icon="plus" onClick={add}>
          Add a limit
        </Button>
        {list.length > 0 && (
          <PickField
            label="compared with"
            value={panel.threshold_mode}
            options={[
              ["absolute", "the value"],
              ["percent", "its share of the most, in %"],
            ]}
            onChange={(mode: Panel["threshold_mode"]) => change({ threshold_mode: mode }, "")}
          />
        )}
      </div>
    </fieldset>
  );
}
