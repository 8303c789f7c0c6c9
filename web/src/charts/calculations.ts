// What is made of many values where one is shown.

import type { Calculation } from "../api/types";

export type Raw = number | string | boolean | null;

const numbersOf = (values: readonly Raw[]): number[] =>
  values.filter((value): value is number => typeof value === "number");

const sum = (numbers: number[]): number => numbers.reduce((total, value) => total + value, 0);

/** Without the argument lists of Math.min, which long columns overflow. */
const least = (numbers: number[]): number =>
  numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const most = (numbers: number[]): number =>
  numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

export function calculated(how: Calculation, values: readonly Raw[]): Raw {
  const there = values.filter((value) => value !== null);
  switch (how) {
    case "last":
      return values.at(-1) ?? null;
    case "last_value":
      return there.at(-1) ?? null;
    case "first_value":
      return there[0] ?? null;
    case "count":
      return there.length;
    case "distinct":
      return new Set(there).size;
    default:
      return ofNumbers(how, numbersOf(values));
  }
}

type Numeric = Exclude<Calculation, "last" | "last_value" | "first_value" | "count" | "distinct">;

function ofNumbers(how: Numeric, numbers: number[]): number | null {
  if (!numbers.length) return null;
  switch (how) {
    case "min":
      return least(numbers);
    case "max":
      return most(numbers);
    case "mean":
      return sum(numbers) / numbers.length;
    case "sum":
      return sum(numbers);
    case "range":
      return most(numbers) - least(numbers);
    case "difference":
      return (numbers.at(-1) ?? 0) - (numbers[0] ?? 0);
  }
}

export const CALCULATIONS: readonly (readonly [Calculation, string])[] = [
  ["last_value", "Last value"],
  ["last", "Last row"],
  ["first_value", "First value"],
  ["min", "Smallest"],
  ["max", "Largest"],
  ["mean", "Mean"],
  ["sum", "Sum"],
  ["count", "How many"],
  ["distinct", "How many different"],
  ["range", "Largest less smallest"],
  ["difference", "Last less first"],
];

export const calculationName = (how: Calculation): string =>
  ({
    last: "last",
    last_value: "last",
    first_value: "first",
    mean: "mean",
    min: "min",
    max: "max",
    sum: "sum",
    count: "count",
    distinct: "different",
    range: "range",
    difference: "change",
  })[how];
