// A QR code of a line in capitals and digits, as the modules of its square. No image, no package.
// Source: ISO/IEC 18004, alphanumeric mode, error correction level L (a screen is neither torn nor soiled).

import { type Modules, masked, penalty } from "./qr-modules";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
// Per version, from 1: bytes of error correction in a block, and the number of blocks.
const ECC = [
  7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30,
  30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
];
const BLOCKS = [
  1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18,
  19, 19, 20, 21, 22, 24, 25,
];

/** The smallest code that holds the text. `mask` is for tests; else the one that reads best is taken. */
export function qrCode(text: string, mask?: number): Modules {
  const version = ECC.findIndex((_, index) => bitsOf(text, index + 1) <= dataBytes(index + 1) * 8) + 1;
  if (!version || [...text].some((letter) => !ALPHABET.includes(letter)))
    throw new RangeError("a code holds up to 4296 capitals and digits");
  const bytes = interleaved(dataOf(text, version), version);
  const drawn = (each: number) => masked(version, bytes, each);
  if (mask !== undefined) return drawn(mask);
  const all = [0, 1, 2, 3, 4, 5, 6, 7].map(drawn);
  return all.reduce((best, each) => (penalty(each) < penalty(best) ? each : best));
}

const countBits = (version: number): number => (version < 10 ? 9 : version < 27 ? 11 : 13);
const bitsOf = (text: string, version: number): number =>
  4 + countBits(version) + 11 * (text.length >> 1) + 6 * (text.length & 1);

/** All bytes a version has room for, error correction included. */
function rawBytes(version: number): number {
  const marks = version < 2 ? 0 : Math.floor(version / 7) + 2;
  const alignment = marks ? (25 * marks - 10) * marks - 55 : 0;
  const bits = (16 * version + 128) * version + 64 - alignment - (version >= 7 ? 36 : 0);
  return bits >> 3;
}

const at = (list: number[], version: number): number => list[version - 1] ?? 0;
const dataBytes = (version: number): number => rawBytes(version) - at(ECC, version) * at(BLOCKS, version);

function dataOf(text: string, version: number): number[] {
  const bits: number[] = [];
  const put = (value: number, length: number) => {
    for (let bit = length - 1; bit >= 0; bit -= 1) bits.push((value >> bit) & 1);
  };
  put(0b0010, 4);
  put(text.length, countBits(version));
  for (let index = 0; index < text.length; index += 2) {
    const [one, two] = [ALPHABET.indexOf(text[index] ?? ""), ALPHABET.indexOf(text[index + 1] ?? "-none-")];
    if (index + 1 < text.length) put(one * 45 + two, 11);
    else put(one, 6);
  }
  const room = dataBytes(version) * 8;
  put(0, Math.min(4, room - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) put(pad, 8);
  return Array.from({ length: bits.length / 8 }, (_, byte) =>
    bits.slice(byte * 8, byte * 8 + 8).reduce((value, bit) => value * 2 + bit, 0),
  );
}

/** Product in the field of 256 elements that the corrections are reckoned in. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((b >> bit) & 1) * a;
  }
  return product;
}

function generator(degree: number): number[] {
  const result = [...new Array<number>(degree - 1).fill(0), 1];
  let root = 1;
  for (let step = 0; step < degree; step += 1) {
    for (let index = 0; index < degree; index += 1)
      result[index] = times(result[index] ?? 0, root) ^ (result[index + 1] ?? 0);
    root = times(root, 2);
  }
  return result;
}

function corrections(data: number[], divisor: number[]): number[] {
  const rest = new Array<number>(divisor.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ (rest.shift() ?? 0);
    rest.push(0);
    divisor.forEach((each, index) => {
      rest[index] = (rest[index] ?? 0) ^ times(each, factor);
    });
  }
  return rest;
}

/** Blocks of nearly equal length, each with its corrections, byte by byte in turn. */
function interleaved(data: number[], version: number): number[] {
  const count = at(BLOCKS, version);
  const divisor = generator(at(ECC, version));
  const short = Math.floor(data.length / count);
  const longFrom = count - (data.length % count); // the later blocks are one byte longer
  const blocks: number[][] = [];
  for (let start = 0; blocks.length < count; ) {
    const length = short + (blocks.length >= longFrom ? 1 : 0);
    blocks.push(data.slice(start, start + length));
    start += length;
  }
  const woven = (lists: number[][], most: number) =>
    Array.from({ length: most }, (_, index) =>
      lists.flatMap((list) => (index < list.length ? [list[index] ?? 0] : [])),
    ).flat();
  const checks = blocks.map((block) => corrections(block, divisor));
  return [...woven(blocks, short + 1), ...woven(checks, divisor.length)];
}
