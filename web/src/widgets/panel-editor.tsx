// A panel while it is edited: what it asks and how it looks. Every change is seen at once and can be taken back.

import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Panel, PanelKind } from "../api/types";
import { UNITS } from "../format/quantities";
import { board, edit } from "../state/board";
import { withOptions, withPanel, withSection } from "../state/board-edits";
import { setParams } from "../state/location";
import { Button, Field, TextArea } from "./controls";
import { KINDS } from "./edit-bar";
import { NumberField, PickField } from "./editor-fields";
import { Mappings } from "./mapping-editor";
import { Overrides } from "./override-editor";
import { PanelLook } from "./panel-look";
import { PanelQueries } from "./panel-queries";
import { Thresholds } from "./threshold-editor";

export function PanelEditor({ id }: { id: string }) {
  const panel = useComputed(() => board.value?.panels.find((each) => each.id === id)).value;
  if (!panel) return null;
  const change = (part: Partial<Panel>, mark: string) =>
    edit((document) => withPanel(document, id, part), `${id} ${mark}`);
  return (
    <form class="panel-editor card" aria-label="Panel" onSubmit={(event) => event.preventDefault()}>
      <header>
        <h2>Panel</h2>
        <Button small onClick={() => setParams({ panel: "" })}>
          Back to all panels
        </Button>
      </header>
      <div class="body stackv">
        <Field
          label="Title"
          hint="May name variables: Linux $host."
          input={{
            value: panel.title,
            maxLength: 300,
            autocomplete: "off",
            onInput: (event) => change({ title: event.currentTarget.value }, "title"),
          }}
        />
        <PickField
          label="Shown as"
          value={panel.kind}
          options={KINDS}
          onChange={(kind: PanelKind) => change({ kind }, "")}
        />
        {panel.kind === "text" ? (
          <TextArea
            label="Text"
            hint="Markdown: # heading, **strong**, - list, [link](/nodes). HTML stays text."
            value={panel.options.text}
            onValue={(text) => edit((document) => withOptions(document, id, { text }), `${id} text`)}
          />
        ) : (
          <Asking panel={panel} change={change} />
        )}
        <Part name="Section, repeat, description">
          <Place panel={panel} />
          <Repeat panel={panel} change={change} />
          <TextArea
            label="Description"
            hint="Shown over the title."
            value={panel.description}
            onValue={(description) => change({ description }, "description")}
          />
        </Part>
      </div>
    </form>
  );
}

interface PartProps {
  panel: Panel;
  change: (part: Partial<Panel>, mark: string) => void;
}

function Asking({ panel, change }: PartProps) {
  return (
    <>
      <PanelQueries panel={panel} />
      <div class="two">
        <Field
          label="Unit"
          hint="Or any other word."
          input={{
            value: panel.unit,
            list: "units",
            maxLength: 40,
            autocomplete: "off",
            onInput: (event) => change({ unit: event.currentTarget.value }, "unit"),
          }}
        />
        <NumberField
          label="Decimals"
          value={panel.decimals}
          least={0}
          most={12}
          onChange={(decimals) => change({ decimals }, "decimals")}
        />
      </div>
      <datalist id="units">
        {UNITS.map((unit) => (
          <option key={unit} value={unit} />
        ))}
      </datalist>
      <Thresholds panel={panel} change={change} />
      <Part name={`Words for values${counted(panel.mappings)}`}>
        <Mappings list={panel.mappings} onChange={(mappings, mark) => change({ mappings }, mark)} />
      </Part>
      <Part name={`Single fields${counted(panel.overrides)}`}>
        <Overrides panel={panel} change={change} />
      </Part>
      <PanelLook panel={panel} />
    </>
  );
}

const counted = (list: unknown[]): string => (list.length ? ` (${list.length})` : "");

const Part = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <details class="more">
    <summary>{name}</summary>
    {children}
  </details>
);

function Place({ panel }: { panel: Panel }) {
  const sections = board.value?.sections ?? [];
  if (!sections.length) return null;
  const options = [["", "above all sections"], ...sections.map(({ id, title }) => [id, title || id])] as [
    string,
    string,
  ][];
  return (
    <PickField
      label="Stands in"
      value={panel.section}
      options={options}
      onChange={(section) => edit((document) => withSection(document, panel.id, section))}
    />
  );
}

function Repeat({ panel, change }: PartProps) {
  const names = board.value?.variables.map((variable) => variable.name) ?? [];
  const options = [["", "not repeated"], ...names.map((name) => [name, `$${name}`])] as [string, string][];
  return (
    <div class="two">
      <PickField
        label="One for each value of"
        value={panel.repeat}
        options={options}
        onChange={(repeat) => change({ repeat }, "")}
      />
      <PickField
        label="Copies go"
        value={panel.repeat_direction}
        options={[
          ["right", "to the right"],
          ["down", "down"],
        ]}
        onChange={(direction: Panel["repeat_direction"]) => change({ repeat_direction: direction }, "")}
      />
    </div>
  );
}
