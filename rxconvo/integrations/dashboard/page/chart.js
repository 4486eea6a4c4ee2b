// Messages over time, as bars. Redrawn in place: sixty rectangles whose heights change.

import { h, s, setAttribute, setText } from "./dom.js";
import { number, plural, span, time } from "./format.js";

const WIDTH = 600;
const HEIGHT = 100;
const GAP = 0.28; // of a bar's share

export class Chart {
  #bars = [];
  #counts = [];
  #bucket = 60;
  #pointed = null;

  /** @param onPoint Called when the pointer comes to another bar, or leaves. */
  constructor(onPoint) {
    const levels = [0, HEIGHT / 2].map((y) => s("line", { x1: 0, x2: WIDTH, y1: y, y2: y }));
    this.marks = s("g");
    this.drawing = s(
      "svg",
      { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
      ...levels,
      this.marks,
    );
    this.top = h("span", { class: "chart-top" });
    this.since = h("span");
    this.element = h(
      "div",
      { class: "chart-box" },
      this.top,
      this.drawing,
      h("div", { class: "chart-axis" }, this.since, h("span", {}, "now")),
    );
    this.drawing.addEventListener("pointermove", (event) => {
      const box = this.drawing.getBoundingClientRect();
      const bar = Math.floor(((event.clientX - box.left) / box.width) * this.#counts.length);
      this.#point(Math.min(this.#counts.length - 1, Math.max(0, bar)), onPoint);
    });
    this.drawing.addEventListener("pointerleave", () => this.#point(null, onPoint));
  }

  /** What the bar under the pointer stands for, or null. */
  get pointed() {
    if (this.#pointed === null || !this.#counts.length) return null;
    const age = (this.#counts.length - 1 - this.#pointed) * this.#bucket;
    const started = Math.floor(Date.now() / 1000 / this.#bucket) * this.#bucket - age;
    return { count: this.#counts[this.#pointed], at: time(new Date(started * 1000).toISOString()), bucket: this.#bucket };
  }

  /** Draw *counts*, oldest first, each of *bucket* seconds; the last one is still running. */
  update(counts, bucket) {
    this.#counts = counts;
    this.#bucket = bucket;
    const most = Math.max(...counts, 0);
    const top = ceiling(Math.max(most, 2));
    const step = WIDTH / counts.length;
    while (this.#bars.length < counts.length) this.#bars.push(this.marks.appendChild(s("rect")));
    while (this.#bars.length > counts.length) this.#bars.pop().remove();
    counts.forEach((count, index) => {
      const height = Math.max(1.5, (count / top) * HEIGHT);
      const last = index === counts.length - 1;
      const kind = index === this.#pointed ? "pointed" : count === 0 ? "none" : last ? "running" : null;
      const drawn = { x: (index + GAP / 2) * step, width: step * (1 - GAP), y: HEIGHT - height, height, class: kind };
      for (const [name, value] of Object.entries(drawn)) setAttribute(this.#bars[index], name, value);
    });
    setText(this.top, number(top));
    setText(this.since, `${span(counts.length * bucket)} ago`);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const past = `${plural(total, "message")} in the last ${span(counts.length * bucket)}`;
    setAttribute(this.drawing, "aria-label", `${past}, at most ${number(most)} in ${span(bucket)}`);
    setAttribute(this.drawing, "data-counts", counts.join(" "));
  }

  #point(bar, onPoint) {
    if (this.#pointed === bar) return;
    this.#pointed = bar;
    onPoint();
  }
}

/** The round number that is next above. */
function ceiling(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((value) => value >= most);
}
