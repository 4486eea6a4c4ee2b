// The messages of the chosen conversation, grouped by author and day. Sticks to the end unless one scrolls up.

import { arrange, avatar, h, icon, setAttribute, setText } from "./dom.js";
import { day, dayOf, moment, plural, size, time } from "./format.js";

const TOGETHER = 300; // seconds within which an author's messages stand under one name
const CLOSE = 48; // pixels from the end that count as being there

export class Timeline {
  #model;
  #outbox;
  #compose;
  #items = new Map();
  #sid = null;
  #stuck = true;
  #last = -1;
  #unseen = 0;

  /** @param compose Puts a text back into the composer. */
  constructor(model, outbox, compose) {
    this.#model = model;
    this.#outbox = outbox;
    this.#compose = compose;
    this.scroller = document.getElementById("timeline-scroll");
    this.list = document.getElementById("timeline");
    this.jump = document.getElementById("jump");
    this.nothing = h("li", { class: "empty" }, h("h2", {}, "No messages yet"), h("p", {}, "Say something: whoever is in here sees it at once."));
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.jump.addEventListener("click", () => this.toEnd());
    document.addEventListener("visibilitychange", () => this.#look());
    new ResizeObserver(() => this.#stuck && this.#scrollToEnd()).observe(this.scroller);
    model.watch(["chat", "outbox", "people", "pane", "day"], () => this.#draw());
  }

  toEnd() {
    this.#stuck = true;
    this.#scrollToEnd();
    this.#look();
  }

  #draw() {
    const { chat } = this.#model;
    if (!chat?.loaded) {
      if (this.#sid !== null) this.#clear();
      return;
    }
    const opened = this.#sid !== chat.sid;
    if (opened) this.#clear();
    this.#sid = chat.sid;
    const pending = this.#outbox.pending(chat.sid, chat.timeline);
    chat.findHorizon();
    this.#noteArrivals(chat, opened);
    const items = itemsOf(chat, pending, this.#model.now);
    const kept = new Map();
    for (const item of items) {
      const shown = this.#items.get(item.key) ?? this.#make(item, opened);
      shown.update(item, this.#model.nameOf);
      kept.set(item.key, shown);
    }
    this.#items = kept;
    arrange(this.list, items.length ? [...kept.values()].map((shown) => shown.element) : [this.nothing]);
    setAttribute(this.list, "aria-busy", null);
    if (this.#stuck) this.#scrollToEnd();
    this.#look();
  }

  #make(item, opened) {
    if (item.kind !== "message") return new Divider(item.kind);
    const shown = new MessageItem(item, this.#outbox, this.#compose);
    if (!opened && !item.message.mine) shown.element.classList.add("arrived");
    return shown;
  }

  #clear() {
    this.#sid = null;
    this.#items.clear();
    this.#stuck = true;
    this.#last = -1;
    this.#unseen = 0;
    setAttribute(this.list, "aria-busy", "true"); // so that what was said before is not read out
    arrange(this.list, []);
  }

  #noteArrivals(chat, opened) {
    const arrived = opened ? 0 : chat.timeline.filter((message) => message.index > this.#last && !message.mine).length;
    this.#last = chat.lastIndex;
    if (arrived && !this.#watching) {
      chat.missed();
      this.#unseen += arrived;
    }
  }

  get #watching() {
    return this.#stuck && !document.hidden && this.scroller.offsetParent !== null;
  }

  // Who looks at the end has seen everything.
  #look() {
    if (this.#watching && this.#sid !== null) {
      this.#unseen = 0;
      this.#model.chat?.seen();
    }
    setAttribute(this.jump, "hidden", this.#stuck);
    setAttribute(this.jump, "data-new", this.#unseen > 0);
    this.jump.replaceChildren(icon("down"), this.#unseen ? plural(this.#unseen, "new message") : "To the end");
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const stuck = scrollHeight - scrollTop - clientHeight < CLOSE;
    if (stuck === this.#stuck) return;
    this.#stuck = stuck;
    this.#look();
  }

  #scrollToEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

/** Arrange messages with what stands between them. */
export function itemsOf({ timeline, newAfter }, pending, now) {
  const items = [];
  let before = null;
  let today = null;
  let lined = false;
  for (const message of [...timeline, ...pending]) {
    const date = message.at === null ? today : dayOf(message.at);
    const apart = date !== today;
    if (apart) items.push({ kind: "day", key: `d${date}`, text: day(message.at, now) });
    today = date;
    const line = !lined && newAfter !== null && message.index > newAfter && !message.mine;
    lined ||= line;
    if (line) items.push({ kind: "new", key: "new", text: "New messages" });
    const first = apart || line || before === null || !sameAuthor(message, before) || secondsBetween(before, message) > TOGETHER;
    items.push({ kind: "message", key: message.key ?? `m${message.index}`, message, first });
    before = message;
  }
  return items;
}

const sameAuthor = (one, other) => (one.mine ? other.mine : !other.mine && one.author === other.author);

const secondsBetween = (one, other) => (one.at && other.at ? (Date.parse(other.at) - Date.parse(one.at)) / 1000 : 0);

class Divider {
  constructor(kind) {
    this.element = h("li", { class: kind, role: "separator" });
  }

  update({ text }) {
    setText(this.element, text);
  }
}

class MessageItem {
  #drawn = null;
  #outbox;
  #compose;

  constructor({ message }, outbox, compose) {
    this.#outbox = outbox;
    this.#compose = compose;
    this.element = h("li", { class: "message", "data-index": message.index, "data-mine": message.mine });
  }

  update({ message, first }, nameOf) {
    const name = message.mine ? "You" : nameOf(message.author);
    const drawn = [message, message.state, first, name];
    if (this.#drawn?.every((value, at) => value === drawn[at])) return;
    this.#drawn = drawn;
    setAttribute(this.element, "data-first", first);
    setAttribute(this.element, "data-state", message.state);
    const when = h("time", { class: first ? null : "when", datetime: message.at, title: moment(message.at) }, time(message.at));
    const head = first
      ? [picture(message, name), h("p", { class: "by" }, h("b", { title: message.author }, name), when)]
      : [when];
    this.element.replaceChildren(...head, ...content(message), ...this.#fate(message));
  }

  #fate(entry) {
    if (entry.state !== "refused" && entry.state !== "unknown") return [];
    const told = entry.state === "refused" ? `Not sent. ${entry.why}` : `${entry.why} It may have been sent or not.`;
    const actions = {
      "Try again": () => this.#outbox.again(entry),
      Edit: () => {
        this.#outbox.discard(entry);
        this.#compose(entry.body);
      },
      Discard: () => this.#outbox.discard(entry),
    };
    const buttons = Object.entries(actions).map(([label, onclick]) => h("button", { class: "quiet", type: "button", onclick }, label));
    return [h("p", { class: "fate", role: "alert" }, h("span", {}, told), ...buttons)];
  }
}

function picture(message, name) {
  return avatar(message.author ?? "you", message.author ? (message.mine ? message.author : name) : name);
}

function content({ body, edited, media }) {
  const parts = [];
  if (body || !media.length) {
    const text = body ? h("span", {}, body) : h("span", { class: "gone" }, "Empty message");
    parts.push(h("p", { class: "text" }, text, edited ? h("span", { class: "edited" }, "edited") : null));
  }
  if (media.length) parts.push(h("p", { class: "media" }, ...media.map(file)));
  return parts;
}

function file({ filename, content_type: type, size: bytes }) {
  const name = filename || type || "File";
  return h(
    "span",
    { class: "file", title: type },
    icon(type?.startsWith("image/") ? "image" : "file"),
    h("span", { class: "file-name", dir: "auto" }, name),
    h("span", { class: "file-size" }, size(bytes)),
  );
}
