import { describe, expect, test } from "vitest";
import { coloured, quotedName, quotedString, wordsOf } from "../src/format/influxql";
import { completed } from "../src/state/completing";
import { completionsOf, placeAt, type Schema } from "../src/state/completion";

const schema: Schema = {
  databases: ["muster", "telegraf1"],
  measurements: ["cpu", "disk", 'a "b"'],
  fields: ["usage_idle", "usage_user"],
  tags: ["host", "cpu"],
  values: ["alpha", "o'hara"],
};

/** The bar marks the cursor. */
const at = (text: string) => placeAt(text.replace("|", ""), text.indexOf("|"));
const labels = (text: string) => completionsOf(at(text), schema).map((each) => each.label);

describe("the words of a query", () => {
  test("keep their places, quotes and regexes", () => {
    const text = `SELECT "a b" FROM m WHERE h =~ /x\\/y/ AND t = 'it\\'s' -- end`;
    const words = wordsOf(text);
    expect(words.map((word) => word.text)).toEqual([
      "SELECT",
      "a b",
      "FROM",
      "m",
      "WHERE",
      "h",
      "=~",
      "/x\\/y/",
      "AND",
      "t",
      "=",
      "it's",
    ]);
    expect(
      coloured(text)
        .map((piece) => piece.text)
        .join(""),
    ).toBe(text);
  });

  test("names and strings are quoted whole", () => {
    expect(quotedName('a"b\\')).toBe('"a\\"b\\\\"');
    expect(quotedString("it's")).toBe("'it\\'s'");
  });
});

describe("completion", () => {
  test("begins with statements", () => {
    expect(labels("|")).toContain("SELECT");
    expect(labels("show m|")[0]).toBe("MEASUREMENTS");
    expect(labels("sel|")).toEqual(["SELECT", "EXPLAIN SELECT"]);
  });

  test("offers measurements after FROM, databases after ON", () => {
    expect(labels("SELECT * FROM |")).toEqual(["cpu", "disk", 'a "b"']);
    expect(labels("SELECT * FROM d|")).toEqual(["disk"]);
    expect(labels('SELECT * FROM "di|')).toEqual(["disk"]);
    expect(labels("SHOW MEASUREMENTS ON |")).toEqual(["muster", "telegraf1"]);
  });

  test("knows the measurement of the statement at the cursor, also behind it", () => {
    expect(at('SELECT mean("|") FROM "cpu" WHERE 1=1').measurement).toBe("cpu");
    expect(at("SELECT | FROM db.rp.disk; SELECT * FROM mem").measurement).toBe("disk");
    expect(at("SELECT * FROM cpu; SELECT | FROM mem").measurement).toBe("mem");
  });

  test("offers fields and functions in SELECT, tags in conditions and groups", () => {
    expect(labels("SELECT usage|")).toEqual(["usage_idle", "usage_user"]);
    expect(labels("SELECT mea|")).toEqual(["mean()"]);
    expect(labels('SELECT * FROM "cpu" WHERE ho|')).toEqual(["host"]);
    expect(labels("SELECT * FROM cpu GROUP BY |")).toContain("host");
    expect(labels('SELECT * FROM "cpu" WHERE "host" = |')).toEqual(["alpha", "o'hara"]);
    expect(at('SELECT * FROM "cpu" WHERE "host" = |').tag).toBe("host");
    expect(labels("SHOW TAG VALUES FROM cpu WITH KEY = |")).toEqual(["host", "cpu"]);
  });

  test("after a whole term goes on with the next clause", () => {
    expect(labels("SELECT * FROM cpu wh|")).toEqual(["WHERE"]);
    expect(labels("SELECT mean(usage_idle) fr|")).toEqual(["FROM"]);
  });

  test("replaces what was written, quoted", () => {
    const text = "SELECT * FROM cp WHERE 1=1";
    const place = placeAt(text, 16);
    const [pick] = completionsOf(place, schema);
    expect(pick && completed(text, place, pick)).toEqual({
      text: 'SELECT * FROM "cpu" WHERE 1=1',
      caret: 19,
    });
  });
});
