/** A wire between one client and the service that can be cut, kept cut, and listened to. */

import { once } from "node:events";
import net from "node:net";

export class Cable {
  /** What has come from the service, as far as it is text: its frames are not masked. */
  heard = "";

  #server;
  #target;
  #path;
  #ends = new Set();
  #cut = false;

  constructor(server, url) {
    this.#server = server;
    this.#target = new URL(url);
    this.#path = this.#target.pathname;
  }

  /** Lays a cable to the service at this address. */
  static async to(url) {
    const server = net.createServer();
    const cable = new Cable(server, url);
    server.on("connection", (near) => cable.#connect(near));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return cable;
  }

  /** Where the client connects to. */
  get url() {
    return `ws://127.0.0.1:${this.#server.address().port}${this.#path}`;
  }

  /** Cuts it, and keeps it cut. */
  cut() {
    this.#cut = true;
    for (const end of this.#ends) end.destroy();
  }

  /** Mends it: the next attempt of the client gets through. */
  mend() {
    this.#cut = false;
  }

  async close() {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #connect(near) {
    if (this.#cut) {
      near.destroy();
      return;
    }
    const far = net.connect(Number(this.#target.port), this.#target.hostname);
    far.on("data", (bytes) => (this.heard += bytes.toString("latin1")));
    for (const [end, other] of [
      [near, far],
      [far, near],
    ]) {
      this.#ends.add(end);
      end.on("error", () => {}); // a cut is what it is for
      end.on("close", () => {
        this.#ends.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  }
}
