// Server-sent events, read from a `fetch` stream: `EventSource` cannot send an Authorization header.
// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

export class EventParser {
  #rest = "";
  #data = [];
  #event = "";
  #id = null;
  /** Where the stream is, to go on from there: also an id that came with no data. */
  lastId = null;

  /** Take a piece of text, cut anywhere, and return the events that it completes, as `{ event, data }`. */
  push(text) {
    const events = [];
    // A carriage return at the very end may be half a line end: it waits for what follows.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    for (const line of lines) {
      if (line !== "") {
        this.#field(line);
        continue;
      }
      this.lastId = this.#id;
      if (this.#data.length) events.push({ event: this.#event || "message", data: this.#data.join("\n") });
      this.#data = [];
      this.#event = "";
    }
    return events;
  }

  #field(line) {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment: a heartbeat
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
  }
}
