// What was written here and does not show in the timeline yet: shown at once, and never lost without a word. The tab
// keeps it, so that it is there again when the page is loaded anew.

import { conversationPath, post, Refused, Unauthorized } from "./api.js";

const KEPT = "rxconvo.outbox";

export class Outbox {
  #model;
  #onRetry;
  #onDenied;
  #written = 0;
  #queue = Promise.resolve();
  #waiting = [];
  #restored = false;

  /** @param onRetry Called to connect again at once, where there is no connection. */
  constructor(model, onRetry, onDenied) {
    this.#model = model;
    this.#onRetry = onRetry;
    this.#onDenied = onDenied;
    model.watch(["link"], () => this.#decide());
    model.watch(["vitals"], () => this.#restore());
  }

  /** Send *body*, after all that was sent before. */
  send(sid, body) {
    const entry = { key: this.#key(), sid, body, at: new Date().toISOString(), mine: true, media: [] };
    this.#model.outbox.push(entry);
    this.again(entry);
  }

  again(entry) {
    const { chat } = this.#model;
    Object.assign(entry, { state: "sending", why: "", index: null });
    entry.after = chat?.sid === entry.sid ? chat.lastIndex : -1;
    this.#queue = this.#queue.then(() => this.#deliver(entry));
    this.#changed();
  }

  discard(entry) {
    this.#model.outbox = this.#model.outbox.filter((other) => other !== entry);
    this.#changed();
  }

  /** Return what is written in a conversation and not in its *timeline*. */
  pending(sid, timeline) {
    const mine = this.#model.outbox.filter((entry) => entry.sid === sid);
    const taken = new Set(mine.map((entry) => entry.index));
    for (const entry of mine) {
      if (entry.index !== null || entry.state === "refused") continue;
      // The message itself may arrive before the answer that says which one it is, or without any answer.
      const found = timeline.findLast((message) => isOf(message, entry) && !taken.has(message.index));
      if (!found) continue;
      entry.index = found.index;
      taken.add(found.index);
    }
    const last = timeline.at(-1)?.index ?? -1;
    const shown = (entry) => entry.index !== null && entry.index <= last;
    const done = new Set(mine.filter((entry) => shown(entry) && entry.state !== "sending"));
    if (done.size) {
      this.#model.outbox = this.#model.outbox.filter((entry) => !done.has(entry));
      this.#keep();
    }
    return mine.filter((entry) => !shown(entry));
  }

  async #deliver(entry) {
    try {
      if (!(await this.#connected())) throw new Refused(0, "There is no connection.");
      const { index } = await post(conversationPath(entry.sid, "/messages"), { body: entry.body });
      Object.assign(entry, { state: "sent", index });
    } catch (error) {
      if (error instanceof Unauthorized) this.#onDenied(error);
      entry.state = error instanceof Refused || error instanceof Unauthorized ? "refused" : "unknown";
      entry.why = error.message;
    }
    this.#changed();
  }

  // What is not even asked for is known not to have happened. Where it is not known whether there is a connection, it is
  // found out first.
  #connected() {
    if (this.#model.link.kind === "waiting") this.#onRetry();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#decide();
    });
  }

  #decide() {
    const { kind } = this.#model.link;
    if (kind === "connecting") return;
    for (const resolve of this.#waiting.splice(0)) resolve(kind !== "waiting");
  }

  #changed() {
    this.#keep();
    this.#model.touch("outbox");
  }

  #key() {
    return `w${this.#written++}`;
  }

  // Whose it is has to be known: in the same tab, somebody else may come with another token.
  #keep() {
    if (!this.#restored) return;
    const entries = this.#model.outbox.filter(({ state }) => state !== "sent");
    try {
      if (entries.length) sessionStorage.setItem(KEPT, JSON.stringify({ of: this.#model.vitals.identity, entries }));
      else sessionStorage.removeItem(KEPT);
    } catch {
      // There is no room: then it is kept as long as the page.
    }
  }

  #restore() {
    if (this.#restored || !this.#model.vitals) return;
    this.#restored = true;
    const { of, entries } = JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
    const mine = of === this.#model.vitals.identity ? entries : [];
    this.#model.outbox.unshift(...mine.map((entry) => ({ ...entry, key: this.#key(), ...(entry.state === "sending" && LEFT) })));
    this.#changed();
  }
}

const LEFT = { state: "unknown", why: "The page was left before there was an answer." };

const isOf = (message, entry) => message.mine && message.index > entry.after && message.body === entry.body;
