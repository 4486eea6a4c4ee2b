// The list of conversations, newest activity first.

import { arrange, avatar, h, icon, setAttribute, setAvatar, setText } from "./dom.js";
import { ago, brief, moment, number, plural } from "./format.js";
import { slaChip, updateChip } from "./sla.js";

const HELD = 1500; // milliseconds after the mouse has moved over the list in which nothing moves away from under it
const BONES = 6;
const HEIGHT = 60; // pixels of a row
const SLIDE = { duration: 240, easing: "cubic-bezier(0.2, 0, 0, 1)" };
const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const MOST = 99;

export class Rows {
  #model;
  #scroller;
  #list;
  #empty;
  #rows = new Map();
  #pointed = 0;
  #places = new Map();
  #none;
  #unmatched;

  constructor(model, { onCreate, onUnfilter }) {
    this.#model = model;
    this.#scroller = document.getElementById("rows-scroll");
    this.#list = document.getElementById("rows");
    this.#empty = document.getElementById("rows-empty");
    this.#list.append(...Array.from({ length: BONES }, () => h("li", { class: "bone", "aria-hidden": "true" })));
    this.#list.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse") this.#pointed = performance.now();
    });
    this.#list.addEventListener("pointerleave", () => {
      this.#pointed = 0;
      model.touch("rows");
    });
    this.#none = noConversations(onCreate);
    this.#unmatched = noMatch(onUnfilter);
    model.watch(["rows", "vitals", "chosen", "filter", "people", "now"], () => this.#draw());
  }

  /** Move the focus: to the first, by so many rows, or to the chosen one. */
  focus(by = 0) {
    this.#model.draw();
    const links = [...this.#list.querySelectorAll("a")];
    const here = links.indexOf(document.activeElement);
    const from = here >= 0 ? here : links.findIndex((link) => link.hasAttribute("aria-current"));
    const to = from < 0 ? 0 : Math.min(links.length - 1, Math.max(0, from + by));
    links[to]?.focus();
    links[to]?.scrollIntoView({ block: "nearest" });
  }

  openFirst() {
    this.#model.draw();
    this.#list.querySelector("a")?.click();
  }

  #draw() {
    const { rows, filter, vitals } = this.#model;
    if (rows === null || (rows.length === 0 && !hasNone(vitals))) return; // a row comes when all is known of it
    const wanted = filter.trim().toLowerCase();
    const shown = wanted ? rows.filter((row) => matches(row, wanted, this.#model.nameOf)) : rows;
    this.#drawEmpty(rows.length === 0 ? this.#none : shown.length === 0 ? this.#unmatched : null);
    this.#forget(rows);
    const nodes = shown.map((row) => this.#update(row).item);
    if (performance.now() - this.#pointed > HELD || !sameMembers(this.#list, nodes)) {
      arrange(this.#list, nodes);
      this.#slide(nodes);
    }
    this.#tabStop();
    setAttribute(this.#list, "aria-busy", null);
  }

  #update(row) {
    let shown = this.#rows.get(row.sid);
    if (!shown) this.#rows.set(row.sid, (shown = new Row(row.sid)));
    shown.update(row, this.#model);
    return shown;
  }

  #forget(rows) {
    if (this.#rows.size <= rows.length) return;
    const kept = new Set(rows.map((row) => row.sid));
    for (const sid of this.#rows.keys()) {
      if (!kept.has(sid)) this.#rows.delete(sid);
    }
  }

  // Rows that have changed places glide there. All are of one height, so that nothing needs to be measured.
  #slide(nodes) {
    const places = new Map(nodes.map((node, place) => [node, place]));
    const first = Math.floor(this.#scroller.scrollTop / HEIGHT);
    const last = first + Math.ceil(this.#scroller.clientHeight / HEIGHT);
    for (const [node, place] of places) {
      const before = this.#places.get(node);
      if (STILL.matches || before === undefined || before === place || place < first || place > last) continue;
      const distance = Math.max(-2, Math.min(2, before - place)) * HEIGHT;
      const zIndex = before > place ? 1 : 0; // what rises is the news, and passes over the others
      node.animate([{ transform: `translateY(${distance}px)`, zIndex }, { transform: "none", zIndex }], SLIDE);
    }
    this.#places = places;
  }

  #drawEmpty(empty) {
    setAttribute(this.#empty, "hidden", empty === null);
    arrange(this.#empty, empty ?? []);
  }

  // One stop for Tab in the whole list: the chosen row, else the first.
  #tabStop() {
    const links = [...this.#list.querySelectorAll("a")];
    const stop = links.find((link) => link === document.activeElement) ?? links.find((link) => link.ariaCurrent) ?? links[0];
    for (const link of links) setAttribute(link, "tabindex", link === stop ? 0 : -1);
  }
}

class Row {
  #drawn = [];

  constructor(sid) {
    this.avatar = avatar("", "");
    this.name = h("span", { class: "row-name", dir: "auto" });
    this.time = h("time", { class: "row-time" });
    this.last = h("span", { class: "row-last", dir: "auto" });
    this.chip = slaChip();
    this.badge = h("span", { class: "badge", hidden: true });
    this.muted = h("span", { class: "row-time", title: "Muted", hidden: true }, icon("muted"));
    this.link = h(
      "a",
      { class: "row", href: `#c=${encodeURIComponent(sid)}`, "data-sid": sid },
      this.avatar,
      h(
        "span",
        {},
        h("span", { class: "row-line" }, this.name, this.muted, this.time),
        h("span", { class: "row-line" }, this.last, this.chip, this.badge),
      ),
    );
    this.item = h("li", {}, this.link);
  }

  update(row, { chosen, now, people, vitals, nameOf, online }) {
    setAttribute(this.link, "aria-current", row.sid === chosen ? "true" : null);
    setText(this.time, row.last ? ago(row.last.at, now) : "");
    updateChip(this.chip, row.sla, now, nameOf);
    const drawn = [row, people, vitals?.identity];
    if (drawn.every((value, at) => value === this.#drawn[at])) return; // with a thousand rows, most of the time
    this.#drawn = drawn;
    const name = row.name || "Untitled";
    const author = row.last?.author ?? "";
    setAvatar(this.avatar, author || row.sid, author ? nameOf(author) : name);
    setAttribute(this.avatar, "data-online", online.has(author));
    setText(this.name, name);
    setAttribute(this.name, "title", `${name}\n${plural(row.members, "member")}, ${rate(row.per_minute)}`);
    setAttribute(this.time, "datetime", row.last?.at);
    setAttribute(this.time, "title", row.last ? moment(row.last.at) : null);
    this.#updateLast(row, author !== "" && author === vitals?.identity ? "You" : brief(nameOf(author)));
    setText(this.badge, row.unread > MOST ? `${MOST}+` : number(row.unread));
    setAttribute(this.badge, "hidden", !row.unread);
    setAttribute(this.badge, "aria-label", `${number(row.unread)} unread`);
    setAttribute(this.badge, "data-count", row.unread);
    setAttribute(this.muted, "hidden", !row.muted);
    setAttribute(this.link, "data-unread", row.unread > 0);
    setAttribute(this.link, "data-muted", row.muted);
  }

  #updateLast(row, by) {
    const typing = row.typing.length > 0;
    if (typing) {
      if (!this.link.hasAttribute("data-typing") || this.last.lastChild?.textContent !== row.typing_text) {
        this.last.replaceChildren(dots(), row.typing_text);
      }
    } else {
      setText(this.last, row.last ? `${by}: ${row.last.body || "…"}` : "Nothing yet");
    }
    setAttribute(this.link, "data-typing", typing);
  }
}

export const dots = () => h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));

/** Whether there are no conversations, and not only none that has come yet. */
const hasNone = (vitals) => vitals?.connection === "connected" && vitals.conversations === 0;

const rate = (perMinute) => `${Math.round(perMinute * 10) / 10} messages a minute`;

function matches(row, wanted, nameOf) {
  const author = row.last ? `${row.last.author} ${nameOf(row.last.author)}` : "";
  return `${row.name} ${author} ${row.last?.body ?? ""}`.toLowerCase().includes(wanted);
}

function sameMembers(list, nodes) {
  return list.childElementCount === nodes.length && nodes.every((node) => node.parentNode === list);
}

function noConversations(onCreate) {
  const create = h("button", { class: "button primary", type: "button", onclick: onCreate }, "New conversation");
  return [
    icon("chat"),
    h("h2", {}, "No conversations yet"),
    h("p", {}, "Make one, or have somebody add you to theirs: it shows up here by itself."),
    create,
  ];
}

function noMatch(onUnfilter) {
  return [
    h("p", {}, "No conversation matches."),
    h("button", { class: "button small", type: "button", onclick: onUnfilter }, "Show all"),
  ];
}
