// The words at the cursor's foot: the time it stands at, and the mark that is there.

export class Pill {
  private readonly element: HTMLElement;

  constructor(
    private readonly over: HTMLElement,
    private readonly axisPx: number, // room at the left of the plot
  ) {
    this.element = over.appendChild(document.createElement("output"));
    this.element.className = "pill";
    this.element.hidden = true;
  }

  /** `left`: pixels from the plot's left edge; hidden outside of it. */
  move(left: number, text: () => string): void {
    const width = this.over.clientWidth;
    this.element.hidden = left < 0 || left > width;
    if (this.element.hidden) return;
    this.element.textContent = text();
    const half = this.element.offsetWidth / 2;
    const x = Math.min(width - half + 4, Math.max(half - this.axisPx, left));
    this.element.style.setProperty("--x", `${x}px`);
  }
}
