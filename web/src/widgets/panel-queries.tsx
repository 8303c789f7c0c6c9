// The queries of a panel, one below the other.

import type { Panel, PanelKind, PanelQuery } from "../api/types";
import { board, edit } from "../state/board";
import { firstQuery, inLanguage } from "../state/board-defaults";
import { withPanel } from "../state/board-edits";
import { dialectOf, LANGUAGES } from "../state/dialects";
import { refreshNow } from "../state/refresh";
import { databases } from "../state/schema";
import { Button, Field, Segments } from "./controls";
import { CheckField } from "./editor-fields";
import { Icon } from "./icon";
import { QueryEditor } from "./query-editor";

export function PanelQueries({ panel }: { panel: Panel }) {
  const put = (queries: PanelQuery[], mark = "") =>
    edit((document) => withPanel(document, panel.id, { queries }), mark);
  const list = panel.queries;
  return (
    <fieldset class="queries">
      <legend>{list.length > 1 ? "Queries" : "Query"}</legend>
      {list.map((query, index) => (
        <Query
          key={index}
          query={query}
          kind={panel.kind}
          number={index + 1}
          onChange={(part, mark) =>
            put(
              list.map((each, own) => (own === index ? { ...each, ...part } : each)),
              mark && `${panel.id} query ${index} ${mark}`,
            )
          }
          onRemove={() => put(list.filter((_, own) => own !== index))}
        />
      ))}
      <Button small icon="plus" onClick={() => put([...list, firstQuery(panel.kind, list.at(-1)?.language)])}>
        Add a query
      </Button>
    </fieldset>
  );
}

interface QueryProps {
  query: PanelQuery;
  kind: PanelKind;
  number: number;
  onChange: (part: Partial<PanelQuery>, mark: string) => void;
  onRemove: () => void;
}

function Query({ query, kind, number, onChange, onRemove }: QueryProps) {
  const database = query.database || (board.value?.database ?? "");
  const isPromql = query.language === "promql";
  const text = (name: "legend" | "database" | "min_interval") => ({
    value: query[name],
    maxLength: 300,
    autocomplete: "off",
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) =>
      onChange({ [name]: event.currentTarget.value }, name),
  });
  return (
    <div class="query">
      <Segments
        label={`Language of query ${number}`}
        value={query.language}
        options={LANGUAGES}
        onChange={(language) => onChange(inLanguage(query, kind, language), "")}
      />
      <QueryEditor
        label={`Query ${number}`}
        value={query.text}
        dialect={dialectOf(query.language, database)}
        onValue={(next) => onChange({ text: next }, "text")}
        onRun={refreshNow}
      />
      <div class="two">
        <Field
          label="Legend"
          hint={isPromql ? "{{host}}, {{job}}." : "$tag_host, $col, $m."}
          input={text("legend")}
        />
        <Field
          label="Database"
          hint={isPromql && !board.value?.database ? "Empty: all of them." : "Empty: the dashboard's."}
          input={{ ...text("database"), list: "databases" }}
        />
      </div>
      <datalist id="databases">
        {databases().map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div class="chips">
        {isPromql && (
          <CheckField
            label="Only the latest"
            value={query.instant}
            onChange={(instant) => onChange({ instant }, "")}
          />
        )}
        <CheckField label="Not asked" value={query.hide} onChange={(hide) => onChange({ hide }, "")} />
        <button
          type="button"
          class="icon-btn"
          aria-label={`Remove query ${number}`}
          title="Remove this query"
          onClick={onRemove}
        >
          <Icon name="bin" />
        </button>
      </div>
    </div>
  );
}
