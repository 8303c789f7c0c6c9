// The square of a QR code: its fixed patterns, the bytes in their zigzag, a mask, and how well that reads.
// Source: ISO/IEC 18004, error correction level L.

export type Modules = boolean[][]; // rows of dark modules

const MASKS: ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** The code of some bytes under one of the eight masks. */
export function masked(version: number, bytes: number[], mask: number): Modules {
  const square = new Square(version);
  square.drawPatterns();
  square.drawFormat(mask);
  square.drawBytes(bytes, MASKS[mask] ?? (() => false));
  return square.dark;
}

class Square {
  readonly size: number;
  readonly dark: Modules;
  private readonly fixed: Modules;

  constructor(private readonly version: number) {
    this.size = version * 4 + 17;
    const empty = () => Array.from({ length: this.size }, () => new Array<boolean>(this.size).fill(false));
    [this.dark, this.fixed] = [empty(), empty()];
  }

  private set(x: number, y: number, dark: boolean): void {
    const [row, fixed] = [this.dark[y], this.fixed[y]];
    if (!row || !fixed || x < 0 || x >= this.size) return;
    row[x] = dark;
    fixed[x] = true;
  }

  drawPatterns(): void {
    for (let index = 0; index < this.size; index += 1) {
      this.set(6, index, index % 2 === 0);
      this.set(index, 6, index % 2 === 0);
    }
    const far = this.size - 4;
    for (const [x, y] of [
      [3, 3],
      [far, 3],
      [3, far],
    ] as const)
      this.drawRings(x, y, 4);
    const places = this.alignments();
    const last = places.length - 1;
    places.forEach((x, i) => {
      places.forEach((y, j) => {
        const onFinder = (i === 0 && (j === 0 || j === last)) || (i === last && j === 0);
        if (!onFinder) this.drawRings(x, y, 2);
      });
    });
    this.drawVersion();
  }

  /** Finders reach 4 from their middle, with a light rim; alignment marks 2. */
  private drawRings(x: number, y: number, reach: number): void {
    for (let dy = -reach; dy <= reach; dy += 1)
      for (let dx = -reach; dx <= reach; dx += 1) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy));
        this.set(x + dx, y + dy, reach === 4 ? ring !== 2 && ring !== 4 : ring !== 1);
      }
  }

  private alignments(): number[] {
    if (this.version === 1) return [];
    const count = Math.floor(this.version / 7) + 2;
    const step = Math.floor((this.version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
    const rest = Array.from({ length: count - 1 }, (_, index) => this.size - 7 - index * step);
    return [6, ...rest.reverse()];
  }

  private drawVersion(): void {
    if (this.version < 7) return;
    const bits = (this.version << 12) | remainder(this.version, 12, 0x1f25);
    for (let index = 0; index < 18; index += 1) {
      const [a, b] = [this.size - 11 + (index % 3), Math.floor(index / 3)];
      this.set(a, b, ((bits >> index) & 1) === 1);
      this.set(b, a, ((bits >> index) & 1) === 1);
    }
  }

  drawFormat(mask: number): void {
    const data = (0b01 << 3) | mask;
    const bits = ((data << 10) | remainder(data, 10, 0x537)) ^ 0x5412;
    const bit = (index: number) => ((bits >> index) & 1) === 1;
    for (let index = 0; index <= 5; index += 1) this.set(8, index, bit(index));
    this.set(8, 7, bit(6));
    this.set(8, 8, bit(7));
    this.set(7, 8, bit(8));
    for (let index = 9; index < 15; index += 1) this.set(14 - index, 8, bit(index));
    for (let index = 0; index < 8; index += 1) this.set(this.size - 1 - index, 8, bit(index));
    for (let index = 8; index < 15; index += 1) this.set(8, this.size - 15 + index, bit(index));
    this.set(8, this.size - 8, true);
  }

  drawBytes(bytes: number[], mask: (x: number, y: number) => boolean): void {
    let at = 0;
    for (const [x, y] of zigzag(this.size)) {
      const row = this.dark[y];
      if (!row || this.fixed[y]?.[x]) continue;
      const bit = (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1) === 1;
      row[x] = bit !== mask(x, y);
      at += 1;
    }
  }
}

/** Pairs of columns from the right, up and down in turn; the column of the timing pattern is in no pair. */
function* zigzag(size: number): Generator<[x: number, y: number]> {
  for (let pair = size - 1; pair >= 1; pair -= 2) {
    const right = pair <= 6 ? pair - 1 : pair;
    const up = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step += 1) {
      const y = up ? size - 1 - step : step;
      yield [right, y];
      yield [right - 1, y];
    }
  }
}

/** What is left of a number with zeros behind it, divided in binary without carry. */
function remainder(value: number, length: number, divisor: number): number {
  let rest = value;
  for (let step = 0; step < length; step += 1) rest = (rest << 1) ^ ((rest >> (length - 1)) * divisor);
  return rest & ((1 << length) - 1);
}

/** How badly a code reads: long runs, blocks of one colour, what looks like a finder, too much dark. */
export function penalty(dark: Modules): number {
  const columns = dark.map((_, x) => dark.map((row) => row[x] ?? false));
  const lines = [...dark, ...columns].map((line) => line.map((each) => (each ? "1" : "0")).join(""));
  let total = 0;
  for (const line of lines) {
    for (const [run] of line.matchAll(/0{5,}|1{5,}/g)) total += run.length - 2;
    total += 40 * [...line.matchAll(/(?=00001011101|10111010000)/g)].length;
  }
  dark.forEach((row, y) => {
    row.forEach((each, x) => {
      const below = dark[y + 1];
      if (below && row[x + 1] === each && below[x] === each && below[x + 1] === each) total += 3;
    });
  });
  const share = dark.flat().filter(Boolean).length / dark.length ** 2;
  return total + 10 * Math.floor(Math.abs(share * 20 - 10));
}
