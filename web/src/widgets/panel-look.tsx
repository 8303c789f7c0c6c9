// How a panel looks: what its kind heeds, and no more.

import type { Calculation, Panel, PanelKind, PanelOptions } from "../api/types";
import { CALCULATIONS } from "../charts/calculations";
import { edit } from "../state/board";
import { withOptions } from "../state/board-edits";
import { Field } from "./controls";
import { CheckField, NumberField, PickField } from "./editor-fields";

interface LookProps {
  options: PanelOptions;
  change: (part: Partial<PanelOptions>, mark?: string) => void;
}

const VALUES: PanelKind[] = ["stat", "gauge", "bar"];
const SCALED: PanelKind[] = ["timeseries", "stat", "gauge", "bar"];

export function PanelLook({ panel }: { panel: Panel }) {
  const change = (part: Partial<PanelOptions>, mark = "") =>
    edit((document) => withOptions(document, panel.id, part), mark && `${panel.id} ${mark}`);
  const own = { options: panel.options, change };
  return (
    <fieldset class="look">
      <legend>Looks</legend>
      {VALUES.includes(panel.kind) && <OfValues {...own} kind={panel.kind} />}
      {panel.kind === "timeseries" && <OfSeries {...own} />}
      {panel.kind === "table" && <OfTable {...own} />}
      {(panel.kind === "histogram" || panel.kind === "heatmap") && <OfBuckets {...own} />}
      {SCALED.includes(panel.kind) && (
        <div class="two">
          <NumberField label="Least" value={panel.options.min} onChange={(min) => change({ min }, "min")} />
          <NumberField label="Most" value={panel.options.max} onChange={(max) => change({ max }, "max")} />
        </div>
      )}
      <Field
        label="Where there is no value"
        hint="A word like “no UPS”."
        input={{
          value: panel.options.empty,
          maxLength: 300,
          onInput: (event) => change({ empty: event.currentTarget.value }, "empty"),
        }}
      />
    </fieldset>
  );
}

function OfValues({ options, change, kind }: LookProps & { kind: PanelKind }) {
  return (
    <>
      <div class="two">
        <PickField
          label="Of many values"
          value={options.calculation}
          options={CALCULATIONS}
          onChange={(calculation: Calculation) => change({ calculation })}
        />
        <PickField
          label="Limits colour"
          value={options.paint}
          options={[
            ["value", "the value"],
            ["background", "the background"],
            ["none", "nothing"],
          ]}
          onChange={(paint: PanelOptions["paint"]) => change({ paint })}
        />
      </div>
      {kind === "stat" && (
        <CheckField
          label="With the way here as a line"
          value={options.sparkline}
          onChange={(sparkline) => change({ sparkline })}
        />
      )}
      {kind === "bar" && (
        <PickField
          label="Made of"
          value={options.shape}
          options={[
            ["bars", "bars"],
            ["squares", "a square for each series"],
          ]}
          onChange={(shape: PanelOptions["shape"]) => change({ shape })}
        />
      )}
    </>
  );
}

function OfSeries({ options, change }: LookProps) {
  return (
    <>
      <div class="two">
        <PickField
          label="Drawn as"
          value={options.draw}
          options={[
            ["lines", "lines"],
            ["bars", "bars"],
            ["points", "points"],
          ]}
          onChange={(draw: PanelOptions["draw"]) => change({ draw })}
        />
        <PickField
          label="Legend"
          value={options.legend}
          options={[
            ["bottom", "above the chart"],
            ["right", "at the right"],
            ["none", "none"],
          ]}
          onChange={(legend: PanelOptions["legend"]) => change({ legend })}
        />
      </div>
      <CheckField label="Stacked" value={options.stack} onChange={(stack) => change({ stack })} />
      <CheckField
        label="Filled"
        value={options.fill_percent > 0}
        onChange={(fill) => change({ fill_percent: fill ? 10 : 0 })}
      />
      <CheckField
        label="Lines go on where values are missing"
        value={options.connect_gaps}
        onChange={(connect_gaps) => change({ connect_gaps })}
      />
    </>
  );
}

function OfTable({ options, change }: LookProps) {
  return (
    <>
      <Field
        label="Sorted by"
        hint="The name of a column."
        input={{
          value: options.sort_by,
          maxLength: 300,
          onInput: (event) => change({ sort_by: event.currentTarget.value }, "sort"),
        }}
      />
      <CheckField
        label="Largest first"
        value={options.descending}
        onChange={(descending) => change({ descending })}
      />
      <CheckField
        label="Without the time"
        value={options.hide_time}
        onChange={(hide_time) => change({ hide_time })}
      />
    </>
  );
}

const OfBuckets = ({ options, change }: LookProps) => (
  <div class="two">
    <NumberField
      label="Ranges"
      hint="0: a fitting number."
      value={options.buckets}
      least={0}
      most={500}
      step="1"
      onChange={(buckets) => change({ buckets: buckets ?? 0 }, "buckets")}
    />
    <NumberField
      label="Or each so wide"
      value={options.bucket_size}
      onChange={(bucket_size) => change({ bucket_size }, "size")}
    />
  </div>
);
