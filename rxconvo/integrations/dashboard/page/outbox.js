// What was written here and does not show in the timeline yet: shown at once, and never lost without a word.

import { conversationPath, post, Refused, Unauthorized } from "./api.js";

export class Outbox {
  #model;
  #onDenied;
  #written = 0;
  #queue = Promise.resolve();

  constructor(model, onDenied) {
    this.#model = model;
    this.#onDenied = onDenied;
  }

  /** Send *body*, after all that was sent before. */
  send(sid, body) {
    const entry = { key: `w${this.#written++}`, sid, body, at: new Date().toISOString(), mine: true, media: [] };
    this.#model.outbox.push(entry);
    this.again(entry);
  }

  again(entry) {
    const { chat } = this.#model;
    Object.assign(entry, { state: "sending", why: "", index: null });
    entry.after = chat?.sid === entry.sid ? chat.lastIndex : -1;
    this.#queue = this.#queue.then(() => this.#deliver(entry));
    this.#model.touch("outbox");
  }

  discard(entry) {
    this.#model.set({ outbox: this.#model.outbox.filter((other) => other !== entry) });
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
    if (done.size) this.#model.outbox = this.#model.outbox.filter((entry) => !done.has(entry));
    return mine.filter((entry) => !shown(entry));
  }

  async #deliver(entry) {
    try {
      const { index } = await post(conversationPath(entry.sid, "/messages"), { body: entry.body });
      Object.assign(entry, { state: "sent", index });
    } catch (error) {
      if (error instanceof Unauthorized) this.#onDenied(error);
      entry.state = error instanceof Refused || error instanceof Unauthorized ? "refused" : "unknown";
      entry.why = error.message;
    }
    this.#model.touch("outbox");
  }
}

const isOf = (message, entry) => message.mine && message.index > entry.after && message.body === entry.body;
