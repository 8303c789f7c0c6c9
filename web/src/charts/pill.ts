// The words at the cursor's foot: the time it stands at, and the mark that is there.

/** Half the width of a text by its length. Measured once: to measure each pill of each chart anew lays out the page as often. */
const halves = new Map<number, number>();

export class Pill {
  private readonly element: HTMLElement;

  constructor(
    over: HTMLElement,
    private readonly axisPx: number, // room at the left of the plot
  ) {
    this.element = over.appendChild(document.createElement("output"));
    this.element.className = "pill";
    this.element.hidden = true;
  }

  /** `left`: pixels from the left edge of a plot that is `width` wide; hidden outside of it. */
  move(left: number, width: number, text: () => string): void {
    const hidden = left < 0 || left > width;
    if (hidden !== this.element.hidden) this.element.hidden = hidden;
    if (hidden) return;
    const said = text();
    if (said !== this.element.textContent) this.element.textContent = said;
    const half = this.half(said.length);
    const x = Math.min(width - half + 4, Math.max(half - this.axisPx, left));
    this.element.style.setProperty("--x", `${x}px`);
  }

  private half(length: number): number {
    const known = halves.get(length);
    if (known) return known;
    const measured = this.element.offsetWidth / 2;
    if (measured) halves.set(length, measured);
    return measured;
  }
}
