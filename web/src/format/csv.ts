// Tables as CSV (RFC 4180) for a spreadsheet.

export type CsvCell = string | number | boolean | null | undefined;

export const csvOf = (head: string[], rows: Iterable<CsvCell[]>): string =>
  [head, ...rows]
    .map((row) => row.map(cell).join(","))
    .join("\r\n")
    .concat("\r\n");

function cell(value: CsvCell): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// A spreadsheet runs such a text as a formula; an apostrophe in front keeps it a text.
const FORMULA = /^[=+\-@\t\r]/;
