// The numbers: how much happens, how fast answers come, who waits.

import { Chart } from "./chart.js";
import { h, setText } from "./dom.js";
import { number, plural, span } from "./format.js";

const STATES = ["ok", "warn", "breach"];
const WORDS = { ok: "in time", warn: "soon due", breach: "late" };

export class Pulse {
  #model;

  constructor(model, root) {
    this.#model = model;
    this.chart = new Chart(() => this.#draw());
    this.rate = h("p", { class: "figure", "data-figure": "rate" }, "–");
    this.figures = Object.fromEntries(
      ["conversations", "unread", "online", "response"].map((name) => [name, h("dd", { "data-figure": name }, "–")]),
    );
    this.share = h("div", { class: "share", "aria-hidden": "true" }, ...STATES.map(() => h("i")));
    this.counts = STATES.map((state) => h("b", { "data-figure": state }, "0"));
    const legend = STATES.map((state, at) => h("li", {}, h("i"), this.counts[at], ` ${WORDS[state]}`));
    root.append(
      h("section", { class: "block" }, h("h2", {}, "Messages per minute"), this.rate, this.chart.element),
      h("section", { class: "block" }, this.#figureList()),
      h("section", { class: "block" }, h("h2", {}, "Waiting for an answer"), this.share, h("ul", { class: "legend" }, ...legend)),
    );
    model.watch(["vitals"], () => this.#draw());
  }

  #figureList() {
    const names = { response: "Median response", online: "Online", conversations: "Conversations", unread: "Unread" };
    const entries = Object.entries(names).map(([key, name]) => h("div", {}, h("dt", {}, name), this.figures[key]));
    return h("dl", { class: "figures" }, ...entries);
  }

  #draw() {
    const { vitals, people } = this.#model;
    if (vitals === null) return;
    this.chart.update(vitals.per_minute, vitals.bucket);
    const { pointed } = this.chart;
    if (pointed) figure(this.rate, number(pointed.count), `in ${span(pointed.bucket)} from ${pointed.at}`);
    else figure(this.rate, number(lastMinute(vitals)), "in the last minute");
    setText(this.figures.conversations, number(vitals.conversations));
    setText(this.figures.unread, number(vitals.unread));
    figure(this.figures.online, number(vitals.online), !people?.length ? null : `of ${plural(people.length, "person", "people")}`);
    const { response } = vitals;
    if (response?.count) figure(this.figures.response, span(response.median), `9 of 10 within ${span(response.p90)}`);
    else figure(this.figures.response, "–", "no answers yet");
    STATES.forEach((state, at) => {
      setText(this.counts[at], number(vitals.sla[state]));
      this.share.children[at].style.setProperty("--count", vitals.sla[state]);
    });
  }
}

/** Sum the buckets of the last minute, the running one included. */
export function lastMinute({ per_minute: counts, bucket }) {
  return counts.slice(-Math.max(1, Math.round(60 / bucket))).reduce((sum, count) => sum + count, 0);
}

function figure(element, value, note) {
  if (element.dataset.value === value && element.dataset.note === note) return;
  element.dataset.value = value;
  element.dataset.note = note;
  element.replaceChildren(value, ...(note ? [h("small", {}, note)] : []));
}
