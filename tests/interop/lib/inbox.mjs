/** Waiting for events. Nothing here sleeps: what is awaited happens, or its deadline passes. */

/** How long anything may take, in milliseconds; long, since everything runs at once on a small machine. */
export const DEADLINE = 20_000;

/** Fails when a promise takes longer than it may. */
export async function within(promise, what, deadline = DEADLINE) {
  let timer;
  const late = new Promise((_, reject) => {
    const error = new Error(`${what}: not within ${deadline / 1000} s`);
    timer = setTimeout(() => reject(error), deadline);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Keeps the events of an emitter from its making on, so that none is missed between doing something and waiting. */
export class Inbox {
  #emitter;
  #listeners = new Map();
  #kept = [];
  #seen = [];
  #wake = null;

  /**
   * @param emitter Whose events.
   * @param {string[]} names Of which kinds.
   * @param accepts Which of them, by their argument; all by default.
   */
  constructor(emitter, names, accepts = () => true) {
    this.#emitter = emitter;
    for (const name of names) {
      const listener = (value) => {
        if (!accepts(value)) return;
        this.#seen.push(name);
        this.#kept.push({ name, value });
        this.#wake?.();
      };
      this.#listeners.set(name, listener);
      emitter.on(name, listener);
    }
  }

  /** The names of all events so far, taken or not, in their order. */
  get seen() {
    return [...this.#seen];
  }

  /** The arguments of the events of one kind that nobody has taken yet. */
  kept(name) {
    return this.#kept.filter((event) => event.name === name).map((event) => event.value);
  }

  /** Takes the first event of a kind, and of those the first that matches, waiting for it if need be. */
  async take(name, matches = () => true, deadline = DEADLINE) {
    if (!this.#listeners.has(name)) throw new Error(`this inbox does not listen to ${name}`);
    const find = () => this.#kept.findIndex((event) => event.name === name && matches(event.value));
    const wait = async () => {
      while (find() < 0) await new Promise((resolve) => (this.#wake = resolve));
    };
    // The error is made here, where the stack still tells which line of the scenario waits.
    const where = new Error();
    try {
      await within(wait(), name, deadline);
    } catch (error) {
      where.message = `${error.message}; seen until now: ${this.#seen.join(", ") || "nothing"}`;
      throw where;
    }
    return this.#kept.splice(find(), 1)[0].value;
  }

  /** Takes an update of an entity: one that has each of these reasons, and gives all reasons it has. */
  async updated(name, ...reasons) {
    const { updateReasons } = await this.take(name, (event) => reasons.every((r) => event.updateReasons.includes(r)));
    return updateReasons;
  }

  /** Forgets what has come so far. */
  clear() {
    this.#kept.length = 0;
    this.#seen.length = 0;
  }

  close() {
    for (const [name, listener] of this.#listeners) this.#emitter.off(name, listener);
    this.#listeners.clear();
  }
}

/** Waits until something holds, which it asks at first and after each of these events. */
export async function until(holds, emitter, names, what, deadline = DEADLINE) {
  const inbox = new Inbox(emitter, names);
  const asked = async () => {
    while (!(await holds())) {
      await Promise.race(names.map((name) => inbox.take(name, undefined, deadline)));
    }
  };
  try {
    await within(asked(), what, deadline);
  } finally {
    inbox.close();
  }
}
