// The chosen conversation: what streams in about it, and how far it was read.

import { conversationPath, post, Refused, Unauthorized } from "./api.js";
import { apply } from "./lists.js";
import { Stream } from "./stream.js";

const PACE = 500; // milliseconds between two reports of what was read
const PATIENCE = 5000; // the same, when one was not answered
const CATCHING_UP = 1000; // milliseconds after the return in which what comes was there before

export class OpenConversation {
  timeline = [];
  participants = null;
  conversation = null;
  /** The line "new" stands above the first message of others after this index; null: there is none. */
  newAfter = null;
  /** Why it cannot be shown, or null. */
  problem = null;
  loaded = false;
  #model;
  #stream;
  #marked = null; // null until it is known
  #seen = -1;
  #reporting = false;
  #closed = false;
  #returned = -CATCHING_UP;
  #returning = false;
  #onDenied;

  constructor(model, sid, onDenied) {
    this.#model = model;
    this.sid = sid;
    this.#onDenied = onDenied;
    this.#stream = new Stream(conversationPath(sid), this.#topics(), (state) => this.#connected(state));
  }

  get lastIndex() {
    return this.timeline.at(-1)?.index ?? -1;
  }

  retry() {
    this.#stream.retry();
  }

  pause() {
    this.#returning = true;
    this.#stream.pause();
  }

  resume() {
    this.#stream.resume();
  }

  close() {
    this.#closed = true;
    this.#stream.close();
  }

  /** All that is there is before the user's eyes. */
  seen() {
    this.#seen = Math.max(this.#seen, this.lastIndex);
    this.#report();
  }

  // Tell the service what was seen, also if the user looks elsewhere by then.
  async #report() {
    if (this.#reporting || this.#marked === null || this.#seen <= this.#marked) return;
    this.#reporting = true;
    const index = this.#seen;
    let pause = PACE;
    try {
      await post(conversationPath(this.sid, "/read"), { index });
      this.#marked = index;
    } catch (error) {
      if (error instanceof Unauthorized) this.#onDenied(error);
      else if (error instanceof Refused) this.#marked = index; // asking again would be refused again
      if (this.#closed) return;
      pause = PATIENCE;
    }
    setTimeout(() => {
      this.#reporting = false;
      this.#report();
    }, pause);
  }

  /** Something came while nobody looked: the line goes above the first of it. */
  missed() {
    if (this.#marked === null) return;
    this.newAfter = Math.max(this.newAfter ?? -1, this.#marked);
  }

  /** The user has taken part: nothing above is new any more. */
  caughtUp() {
    this.newAfter = null;
    this.#model.touch("chat");
  }

  /** Find out where the unread begins: once, when all is there that tells; later horizons are of our own making. */
  findHorizon() {
    if (this.#marked !== null || !this.loaded || this.participants === null || !this.#model.vitals) return;
    const me = this.participants.find(({ identity }) => identity === this.#model.vitals.identity);
    this.#marked = me?.last_read ?? -1;
    if (this.timeline.some((message) => message.index > this.#marked && !message.mine)) this.newAfter = this.#marked;
  }

  #topics() {
    return {
      timeline: (batch) => this.#timelineChanged(batch),
      participants: (participants) => this.#change({ participants }),
      conversation: (conversation) => this.#change({ conversation }),
    };
  }

  #timelineChanged(batch) {
    if (performance.now() - this.#returned < CATCHING_UP) this.missed();
    apply(this.timeline, batch);
    this.loaded = true;
    this.#model.touch("chat");
  }

  #change(values) {
    Object.assign(this, values);
    this.#model.touch("chat");
  }

  #connected(state) {
    if (state.kind === "denied") this.#onDenied(state.error);
    if (state.kind === "open" && this.#returning) {
      this.#returning = false;
      this.#returned = performance.now();
    }
    this.problem = state.kind === "refused" ? state.error.message : null;
    this.#model.touch("chat");
  }
}
