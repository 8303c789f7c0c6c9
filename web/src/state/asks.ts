// Questions to the hub, a few at a time: a slow one holds one place and no more, and what is no longer wanted leaves the row.

export type Ask<T> = (signal: AbortSignal) => Promise<T>;

interface Waiting {
  run: () => void;
  rank: number;
}

export class Asks {
  private running = 0;
  private readonly row: Waiting[] = [];

  constructor(private readonly most: number) {}

  /** Answers when there is room; a lower rank goes first. Errors: whatever the question throws, or AbortError. */
  ask<T>(question: Ask<T>, signal: AbortSignal, rank = 0): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        const at = this.row.indexOf(waiting);
        if (at >= 0) this.row.splice(at, 1);
        reject(signal.reason);
      };
      const run = () => {
        signal.removeEventListener("abort", leave);
        this.running += 1;
        // A question may throw before it promises anything.
        Promise.resolve()
          .then(() => question(signal))
          .then(resolve, reject)
          .finally(() => {
            this.running -= 1;
            this.next();
          });
      };
      const waiting: Waiting = { run, rank };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      signal.addEventListener("abort", leave, { once: true });
      const after = this.row.findIndex((each) => each.rank > rank);
      this.row.splice(after < 0 ? this.row.length : after, 0, waiting);
      this.next();
    });
  }

  private next(): void {
    while (this.running < this.most) {
      const first = this.row.shift();
      if (!first) return;
      first.run();
    }
  }
}

const MOST_AT_ONCE = 4; // browsers open six connections to one host; the rest of the page needs some

export const asks = new Asks(MOST_AT_ONCE);
