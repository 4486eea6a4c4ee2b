// Whether somebody looks. Browsers have but six connections for all tabs of a dashboard, and each open stream is one: so
// tabs that nobody looks at let go of theirs, and only one of them, as its turn comes, goes on to count what is unread.

const AWAY = 10000; // milliseconds after which a tab in the background counts as left
const TURN = "rxconvo.background";

export class Attention {
  #timer = null;
  #turn = null;
  #parts;

  /**
   * @param parts Functions: `left`, called when nobody has looked for a while; `turn`, when this tab is the one of those in
   *     the background that may go on; `back`, when somebody looks again.
   */
  constructor(parts) {
    this.#parts = parts;
    document.addEventListener("visibilitychange", () => this.#turned());
    if (document.hidden) this.#turned();
  }

  #turned() {
    clearTimeout(this.#timer);
    this.#turn?.abort();
    this.#turn = null;
    if (document.hidden) this.#timer = setTimeout(() => this.#leave(), AWAY);
    else this.#parts.back();
  }

  async #leave() {
    this.#parts.left();
    const { signal } = (this.#turn = new AbortController());
    const over = new Promise((resolve) => signal.addEventListener("abort", resolve));
    try {
      // Where there are no locks, since the address is no secure one, it is nobody's turn.
      await navigator.locks?.request(TURN, { signal }, () => {
        if (!signal.aborted) this.#parts.turn();
        return over;
      });
    } catch (error) {
      if (error !== signal.reason) throw error;
    }
  }
}
