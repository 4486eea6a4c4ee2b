// All keys, in one table.

import { h } from "./dom.js";

export class Keys {
  #bindings;

  /** @param bindings `[keys, what it does, action]` each; keys that are shown alone, such as Enter, have no action. */
  constructor(bindings) {
    this.#bindings = new Map(bindings.flatMap(([keys, , action]) => (action ? keys.map((key) => [key, action]) : [])));
    this.dialog = document.getElementById("keys");
    const entries = bindings.flatMap(([keys, told]) => [
      h("dt", {}, ...keys.map((key) => h("kbd", {}, SYMBOLS[key] ?? key))),
      h("dd", {}, told),
    ]);
    document.getElementById("keys-list").append(...entries);
    document.getElementById("keys-close").addEventListener("click", () => this.dialog.close());
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  show() {
    this.dialog.showModal();
  }

  #pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return; // which has keys of its own
    const writing = event.target.matches?.("input, textarea");
    if (writing && event.key !== "Escape") return;
    if (event.target.matches?.("#timeline-scroll, [role=tab]") && event.key.startsWith("Arrow")) return;
    const action = this.#bindings.get(event.key);
    if (!action) return;
    event.preventDefault();
    action(event);
  }
}

const SYMBOLS = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };
