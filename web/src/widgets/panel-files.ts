// The numbers of a panel as a file: one table with all digits and times in UTC.

import type { Panel } from "../api/types";
import type { Raw } from "../charts/calculations";
import type { Field } from "../charts/fields";
import { type TableColumn, tableOf } from "../charts/panel-rows";
import { csvOf } from "../format/csv";
import { NO_OPTIONS } from "../state/board-defaults";

const MOST_ROWS = 1_000_000;

export function csvOfFields(panel: Panel, fields: readonly Field[]): string {
  const whole = { ...panel, options: { ...NO_OPTIONS }, overrides: [] };
  const table = tableOf(whole, fields, null, MOST_ROWS);
  return csvOf(
    table.columns.map((column) => (column.kind === "time" ? "time" : column.name)),
    table.rows.map((row) => row.cells.map((cell, at) => cellOf(cell, table.columns[at]))),
  );
}

function cellOf(cell: Raw, column: TableColumn | undefined): Raw {
  if (column?.kind === "time" && typeof cell === "number") return new Date(cell * 1000).toISOString();
  return cell;
}
