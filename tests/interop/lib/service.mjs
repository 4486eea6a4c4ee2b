/** The service under test, as seen from outside: its address, its tokens, its control endpoint. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export class Service {
  #command;
  #tokens = new Map();

  /**
   * @param {{url: string, token: string[]}} config Where it is, and the command that mints a token: `rxconvo token` and
   *   its options but the identity.
   */
  constructor({ url, token }) {
    this.url = url;
    this.#command = token;
  }

  /** Mints a token that lives for so many seconds. */
  async mint(identity, ttl = 3600) {
    const [program, ...args] = this.#command;
    const { stdout } = await run(program, [...args, "--ttl", String(ttl), "--", identity]);
    return stdout.trim();
  }

  /** Gives a token that outlives the run; one a user, since minting takes a process. */
  token(identity) {
    if (!this.#tokens.has(identity)) this.#tokens.set(identity, this.mint(identity));
    return this.#tokens.get(identity);
  }

  /** Does what no client can bring about. */
  async control(op) {
    const address = new URL("/control", this.url.replace(/^ws/, "http"));
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(op),
    });
    const body = await response.text();
    if (!response.ok) throw new Error(`control ${JSON.stringify(op)}: ${response.status} ${body}`);
    return body ? JSON.parse(body) : null;
  }
}
