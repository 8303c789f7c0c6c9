// What a dashboard has beside its panels while it is edited: its variables and its sections.

import type { Language, Variable, VariableKind } from "../api/types";
import { board, edit } from "../state/board";
import { FIRST_LISTING, NO_VARIABLE } from "../state/board-defaults";
import { freeId } from "../state/board-edits";
import { dialectOf, LANGUAGES } from "../state/dialects";
import { setParams } from "../state/location";
import { Button, Field, Segments } from "./controls";
import { CheckField, PickField, RemoveButton, withPart } from "./editor-fields";
import { QueryEditor } from "./query-editor";
import { Sections } from "./section-editor";

const KINDS: readonly (readonly [VariableKind, string])[] = [
  ["query", "answers of a query"],
  ["list", "a list written down"],
  ["interval", "spans of time"],
  ["node", "nodes"],
  ["room", "rooms"],
  ["space", "spaces"],
  ["text", "whatever is typed"],
];
const LISTED: VariableKind[] = ["list", "interval"];
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,49}$/;

export function OutlineEditor() {
  const document = board.value;
  if (!document) return null;
  return (
    <form
      class="panel-editor outline card"
      aria-label="Variables and sections"
      onSubmit={(e) => e.preventDefault()}
    >
      <header>
        <h2>Variables and sections</h2>
        <Button small onClick={() => setParams({ edit: "1" })}>
          Back to the panels
        </Button>
      </header>
      <div class="body">
        <Variables list={document.variables} />
        <Sections list={document.sections} names={document.variables.map((variable) => variable.name)} />
      </div>
    </form>
  );
}

const putVariables = (variables: Variable[], mark = "") =>
  edit((document) => ({ ...document, variables }), mark && `variables ${mark}`);

const without = <T,>(list: T[], index: number): T[] => list.filter((_, own) => own !== index);

function Variables({ list }: { list: Variable[] }) {
  const add = () => {
    const name = freeId(
      "host",
      list.map((variable) => variable.name.replaceAll("_", "-")),
    ).replaceAll("-", "_");
    putVariables([...list, { ...NO_VARIABLE, name }]);
  };
  return (
    <fieldset>
      <legend>Variables</legend>
      {list.map((variable, index) => (
        <VariableFields
          key={index}
          variable={variable}
          onChange={(part, mark) => putVariables(withPart(list, index, part), mark && `${index} ${mark}`)}
          onRemove={() => putVariables(without(list, index))}
        />
      ))}
      <Button small icon="plus" onClick={add}>
        Add a variable
      </Button>
    </fieldset>
  );
}

interface VariableFieldsProps {
  variable: Variable;
  onChange: (part: Partial<Variable>, mark: string) => void;
  onRemove: () => void;
}

function VariableFields({ variable, onChange, onRemove }: VariableFieldsProps) {
  const input = (name: "name" | "label") => ({
    value: variable[name],
    maxLength: name === "name" ? 50 : 300,
    autocomplete: "off",
    spellcheck: false,
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) =>
      onChange({ [name]: event.currentTarget.value }, name),
  });
  const wrong = NAME.test(variable.name) ? "" : "A letter, then letters, digits and _.";
  return (
    <div class="query">
      <div class="two">
        <Field label="Name" hint={`In queries $${variable.name}.`} error={wrong} input={input("name")} />
        <Field label="Label" hint="Over the choice." input={input("label")} />
      </div>
      <PickField
        label="Its values are"
        value={variable.kind}
        options={KINDS}
        onChange={(kind) => onChange({ kind, ...(kind === "query" ? {} : { language: "influxql" }) }, "")}
      />
      <Origin variable={variable} onChange={onChange} />
      <div class="chips">
        <CheckField
          label="Several at once"
          value={variable.multi}
          onChange={(multi) => onChange({ multi }, "")}
        />
        <CheckField label="All of them" value={variable.all} onChange={(all) => onChange({ all }, "")} />
        <RemoveButton what={`variable ${variable.name}`} onRemove={onRemove} />
      </div>
    </div>
  );
}

/** What nobody has written yet is replaced by the same in another language. */
const listingIn = ({ query, language }: Variable, next: Language): string =>
  query === FIRST_LISTING[language] || !query.trim() ? FIRST_LISTING[next] : query;

/** Where its values come from, by its kind. */
function Origin({ variable, onChange }: Omit<VariableFieldsProps, "onRemove">) {
  if (variable.kind === "query")
    return (
      <>
        <Segments
          label={`Language of ${variable.name}`}
          value={variable.language}
          options={LANGUAGES}
          onChange={(language) => onChange({ language, query: listingIn(variable, language) }, "")}
        />
        <QueryEditor
          label={`Query of ${variable.name}`}
          value={variable.query}
          rows={2}
          dialect={dialectOf(variable.language, variable.database || (board.value?.database ?? ""), true)}
          onValue={(query) => onChange({ query }, "query")}
        />
        {variable.language === "promql" && (
          <small class="dim">label_values(up, job), label_names(), metrics(^node_), query_result(up)</small>
        )}
      </>
    );
  if (!LISTED.includes(variable.kind)) return null;
  return (
    <Field
      label="Values"
      hint="Separated by commas."
      input={{
        value: variable.values.join(", "),
        autocomplete: "off",
        onChange: (event) =>
          onChange(
            {
              values: event.currentTarget.value
                .split(",")
                .map((each) => each.trim())
                .filter(Boolean),
            },
            "",
          ),
      }}
    />
  );
}
