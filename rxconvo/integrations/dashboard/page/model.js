// The one state of the page. It is written by what arrives and by what the user does; each part of the page says what it
// shows, and is drawn again, once a frame at most, after that has changed.

const HIDDEN = 500; // milliseconds between drawings of a page that nobody sees: browsers give it no frames

export class Model {
  #parts = [];
  #changed = new Set();

  constructor(values) {
    Object.assign(this, values);
  }

  /** Draw with *draw* whenever one of *names* has changed. */
  watch(names, draw) {
    this.#parts.push({ names, draw });
  }

  /** Set values and have drawn what shows them. */
  set(values) {
    Object.assign(this, values);
    this.touch(...Object.keys(values));
  }

  /** Have drawn what shows *names*: they were changed in place. */
  touch(...names) {
    if (this.#changed.size === 0) {
      if (document.hidden) setTimeout(() => this.draw(), HIDDEN);
      else requestAnimationFrame(() => this.draw());
    }
    for (const name of names) this.#changed.add(name);
  }

  /** Draw what has changed now, for whoever needs to find it there. */
  draw() {
    const changed = this.#changed;
    this.#changed = new Set();
    for (const { names, draw } of this.#parts) {
      if (names.some((name) => changed.has(name))) draw(this);
    }
  }
}
