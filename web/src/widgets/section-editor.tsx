// The sections of a dashboard while it is edited.

import type { Section } from "../api/types";
import { edit } from "../state/board";
import { freeId } from "../state/board-edits";
import { Button, Field } from "./controls";
import { CheckField, PickField, RemoveButton, withPart } from "./editor-fields";

const putSections = (sections: Section[], mark = "") =>
  edit((document) => ({ ...document, sections }), mark && `sections ${mark}`);

export function Sections({ list, names }: { list: Section[]; names: string[] }) {
  const add = () => {
    const id = freeId(
      "section",
      list.map((section) => section.id),
    );
    putSections([...list, { id, title: "Section", repeat: "", collapsed: false }]);
  };
  const repeats = [["", "once"], ...names.map((name) => [name, `for each $${name}`])] as [string, string][];
  return (
    <fieldset>
      <legend>Sections</legend>
      {list.map((section, index) => (
        <div key={section.id} class="query">
          <div class="two">
            <Field
              label="Title"
              hint="May name variables."
              input={{
                value: section.title,
                maxLength: 300,
                onInput: (event) =>
                  putSections(withPart(list, index, { title: event.currentTarget.value }), `${index} title`),
              }}
            />
            <PickField
              label="Shown"
              value={section.repeat}
              options={repeats}
              onChange={(repeat) => putSections(withPart(list, index, { repeat }))}
            />
          </div>
          <div class="chips">
            <CheckField
              label="Folded at first"
              value={section.collapsed}
              onChange={(collapsed) => putSections(withPart(list, index, { collapsed }))}
            />
            <RemoveButton what={`section ${section.title}`} onRemove={() => dropSection(section.id)} />
          </div>
        </div>
      ))}
      <Button small icon="plus" onClick={add}>
        Add a section
      </Button>
    </fieldset>
  );
}

/** Its panels stay, above all sections. */
const dropSection = (id: string): void =>
  edit((document) => ({
    ...document,
    sections: document.sections.filter((section) => section.id !== id),
    panels: document.panels.map((panel) => (panel.section === id ? { ...panel, section: "" } : panel)),
  }));
