// The streams that run behind the page: who observes them, what comes through, what falls behind.

import { arrange, h, icon, setAttribute, setText } from "./dom.js";
import { number, span } from "./format.js";

const FIGURES = [
  ["Obs", (row) => number(row.observers), "Observers"],
  ["Items", (row) => known(row.items, number), "Values it has carried"],
  ["/s", (row) => known(row.rate, (rate) => (rate ? rate.toFixed(1) : "0")), "Values a second"],
  ["Lag", (row) => known(row.lag, (lag) => (lag < 0.05 ? "0" : span(lag))), "How late its last value was"],
  ["Drops", (row) => number(row.drops), "Values that were too much for an observer"],
];

const OF_CONVERSATIONS = /^(.*) of (\d+) conversations?$/;

const known = (value, told) => (value === null ? "–" : told(value));

export class Inspector {
  #model;
  #rows = new Map();

  constructor(model, root) {
    this.#model = model;
    this.root = root;
    const heads = [["Stream"], ...FIGURES].map(([head, , title]) => h("th", { scope: "col", title }, head));
    this.body = h("tbody");
    this.table = h("table", { class: "streams" }, h("thead", {}, h("tr", {}, ...heads)), this.body);
    this.empty = h(
      "div",
      { class: "empty" },
      icon("pulse"),
      h("h2", {}, "No stream is observed"),
      h("p", {}, "Streams open with their first observer, and show here while they are open."),
    );
    root.append(this.table, this.empty);
    model.watch(["streams", "tab"], () => this.#draw());
  }

  #draw() {
    if (this.root.hidden) return;
    const streams = this.#model.streams ?? [];
    setAttribute(this.empty, "hidden", streams.length > 0);
    setAttribute(this.table, "hidden", streams.length === 0);
    const rows = new Map();
    for (const stream of streams) {
      const row = this.#rows.get(stream.name) ?? new StreamRow();
      row.update(stream);
      rows.set(stream.name, row);
    }
    this.#rows = rows;
    arrange(this.body, [...rows.values()].flatMap((row) => row.elements));
  }
}

class StreamRow {
  constructor() {
    this.cells = ["", ...FIGURES].map(() => h("td"));
    this.row = h("tr", {}, ...this.cells);
    this.told = h("td", { colspan: FIGURES.length + 1 });
    this.failure = h("tr", { class: "failure" }, this.told);
  }

  get elements() {
    return this.told.textContent ? [this.row, this.failure] : [this.row];
  }

  update(stream) {
    const [, name, count] = OF_CONVERSATIONS.exec(stream.name) ?? [null, stream.name, null];
    if (this.cells[0].title !== stream.name) {
      this.cells[0].replaceChildren(name, ...(count ? [h("span", {}, ` ×${count}`)] : []));
      this.cells[0].title = stream.name;
    }
    FIGURES.forEach(([, value], at) => {
      const text = value(stream);
      setText(this.cells[at + 1], text);
      setAttribute(this.cells[at + 1], "class", text === "0" || text === "–" ? "zero" : null);
    });
    setAttribute(this.row, "data-dropping", stream.drops > 0);
    setText(this.told, stream.last_error ?? "");
  }
}
