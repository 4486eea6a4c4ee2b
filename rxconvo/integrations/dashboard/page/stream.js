// One stream of events that stays: lost, it is opened again where it was, after a pause that grows.

import { ask, Refused, Unauthorized } from "./api.js";
import { EventParser } from "./sse.js";

const PAUSES = [500, 1000, 2000, 4000, 8000, 15000]; // milliseconds
const SILENCE = 45000; // milliseconds without as much as a heartbeat, of which one comes every 15 s

export class Stream {
  #path;
  #topics;
  #onState;
  #lastId = null;
  #failures = 0;
  #aborter = null;
  #timer = null;
  #paused = false;
  #closed = false;

  /**
   * @param path What to read.
   * @param topics A function for each name of an event; it gets the decoded data.
   * @param onState Gets `{ kind, retryAt?, error? }`, kind one of `connecting`, `open`, `waiting` (until `retryAt`, in
   *     milliseconds), `denied` (the token is no good), `refused` (it is not there, or not for us).
   */
  constructor(path, topics, onState) {
    this.#path = path;
    this.#topics = topics;
    this.#onState = onState;
    this.#open();
  }

  /** Wait no longer. */
  retry() {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#open();
  }

  /** Let go of the connection. */
  pause() {
    if (this.#closed) return;
    this.#paused = true;
    this.#letGo();
  }

  /** Go on where it was. */
  resume() {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    this.#open();
  }

  close() {
    this.#closed = true;
    this.#letGo();
  }

  #letGo() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const aborter = this.#aborter;
    this.#aborter = null;
    aborter?.abort();
  }

  async #open() {
    this.#timer = null;
    const aborter = (this.#aborter = new AbortController());
    this.#onState({ kind: "connecting" });
    const watchdog = new Watchdog(aborter);
    try {
      const headers = { Accept: "text/event-stream", ...(this.#lastId !== null && { "Last-Event-ID": this.#lastId }) };
      const response = await ask(this.#path, { headers, signal: aborter.signal });
      if (watchdog.over) return;
      await this.#read(response, watchdog);
    } catch (error) {
      if (aborter === this.#aborter) this.#failed(error); // else it was let go
    } finally {
      watchdog.stop();
      aborter.abort();
    }
  }

  async #read(response, watchdog) {
    if (response.status === 204) {
      this.#lastId = null;
      throw new Error("what was followed has ended");
    }
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    this.#onState({ kind: "open" });
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the stream was cut off");
      watchdog.fed();
      for (const { event, data } of parser.push(value)) {
        if (watchdog.over) return;
        this.#lastId = null; // should this one be unreadable, or the last, everything is asked for anew
        // After an orderly end, too: then the answer tells whether it is gone for good.
        if (event === "end" || event === "error") throw new Error(`the stream told: ${event}`);
        this.#topics[event]?.(JSON.parse(data));
        this.#failures = 0;
      }
      this.#lastId = parser.lastId ?? this.#lastId;
    }
  }

  #failed(error) {
    if (error instanceof Unauthorized) return this.#onState({ kind: "denied", error });
    if (error instanceof Refused) return this.#onState({ kind: "refused", error });
    const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)];
    this.#failures += 1;
    const wait = pause * (0.75 + Math.random() / 2); // so that many pages do not all come back in one moment
    this.#timer = setTimeout(() => this.#open(), wait);
    this.#onState({ kind: "waiting", retryAt: Date.now() + wait });
  }
}

/** Gives up a request that has gone silent: a cut cable closes no connection. */
class Watchdog {
  #aborter;
  #timer;

  constructor(aborter) {
    this.#aborter = aborter;
    this.fed();
  }

  /** Whether the request was given up, by this or by somebody else. */
  get over() {
    return this.#aborter.signal.aborted;
  }

  fed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#aborter.abort(), SILENCE);
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
