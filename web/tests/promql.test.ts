import { describe, expect, test } from "vitest";
import { fieldsOf, shown } from "../src/charts/fields";
import { promColoured, promWordsOf, quotedLabel } from "../src/format/promql";
import { firstQuery, inLanguage, NO_MAPPING } from "../src/state/board-defaults";
import { completed } from "../src/state/completing";
import { PLAIN } from "../src/state/explore";
import { type PromSchema, promCompletionsOf, promPlaceAt } from "../src/state/promcompletion";
import { fitsOf, raised, withFits } from "../src/widgets/mapping-editor";

const schema: PromSchema = {
  metrics: ["cpu_usage_idle", "net_bytes_recv"],
  labels: ["cpu", "host"],
  values: ["alpha", 'o"hara'],
};

/** The bar marks the cursor. */
const at = (text: string) => promPlaceAt(text.replace("|", ""), text.indexOf("|"));
const labels = (text: string, listing = false) =>
  promCompletionsOf(at(text), schema, listing).map((each) => each.label);
const taken = (text: string) => {
  const place = at(text);
  const [first] = promCompletionsOf(place, schema);
  if (!first) throw new Error("nothing is offered");
  return completed(text.replace("|", ""), place, first).text;
};

describe("the words of PromQL", () => {
  test("keep their places, and colours leave no holes", () => {
    const text = `sum by (host) (rate(up{job=~"a\\"b", x='y'}[5m])) # end`;
    expect(promWordsOf(text).map((word) => word.text)).toContain('a\\"b');
    expect(
      promColoured(text)
        .map((piece) => piece.text)
        .join(""),
    ).toBe(text);
    expect(quotedLabel('a"\\')).toBe('"a\\"\\\\"');
  });
});

describe("completion of PromQL", () => {
  test("offers metrics and functions where an expression may be", () => {
    expect(labels("|")).toContain("cpu_usage_idle");
    expect(labels("rat|")).toEqual(["rate", "irate"]);
    expect(labels("rate(net|")).toEqual(["net_bytes_recv"]);
    expect(labels("cpu_usage_idle |")).toContain("offset");
    expect(labels("|", true)[0]).toBe("label_values");
  });

  test("offers labels in a selector and in a grouping, and knows whose", () => {
    expect(labels("cpu_usage_idle{|")).toEqual(["cpu", "host"]);
    expect(at('cpu_usage_idle{cpu="x", h|').metric).toBe("cpu_usage_idle");
    expect(at("sum by (h|) (rate(net_bytes_recv[5m]))")).toMatchObject({
      wanted: "label",
      metric: "net_bytes_recv",
    });
    expect(at("label_values(up, h|")).toMatchObject({ wanted: "label", metric: "up" });
  });

  test("offers values behind a comparison, quoted whole", () => {
    expect(at('up{host=~"al|"')).toMatchObject({ wanted: "value", label: "host", prefix: "al" });
    expect(taken('up{host="al|"}')).toBe('up{host="alpha"}');
    expect(taken("up{ho|")).toBe("up{host=");
    expect(labels("rate(up[|")[0]).toBe("$__rate_interval");
  });
});

describe("a query in another language", () => {
  test("is replaced where nobody has written it, and else stays", () => {
    const first = firstQuery("table");
    expect(inLanguage(first, "table", "promql")).toMatchObject({ language: "promql", instant: true });
    expect(inLanguage(inLanguage(first, "table", "promql"), "table", "influxql")).toEqual(first);
    expect(inLanguage({ ...first, text: "SELECT 1" }, "table", "promql").text).toBe("SELECT 1");
  });
});

describe("words for values", () => {
  test("have one condition at a time", () => {
    const word = { ...NO_MAPPING, text: "well", color: "green" };
    expect(withFits({ ...word, value: "1" }, "range")).toMatchObject({ value: null, low: 0, text: "well" });
    expect(
      (["value", "range", "pattern", "empty"] as const).map((fits) => fitsOf(withFits(word, fits))),
    ).toEqual(["value", "range", "pattern", "empty"]);
    expect(raised([1, 2, 3], 2)).toEqual([1, 3, 2]);
    expect(raised([1], 0)).toEqual([1]);
  });

  test("fit by a pattern, whatever the case where it says so", () => {
    const panel = { ...PLAIN, mappings: [{ ...NO_MAPPING, text: "well", pattern: "(?i)^ok" }] };
    const columns = [{ name: "v", label: "v", kind: "string", values: ["OK"] }];
    const [field] = fieldsOf(panel, [
      {
        query: 0,
        text: "",
        interval_ms: 0,
        series: [{ name: "m", tags: {}, times: null, columns }],
        messages: [],
        error: "",
      },
    ]);
    if (!field) throw new Error("no field");
    expect(shown("OK then", field).text).toBe("well");
    expect(shown("not ok", field).text).toBe("not ok");
  });
});
