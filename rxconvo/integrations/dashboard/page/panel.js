// The panel's tabs.

import { setAttribute } from "./dom.js";

const TABS = ["pulse", "streams"];

export class Panel {
  #model;

  constructor(model) {
    this.#model = model;
    for (const name of TABS) {
      const tab = tabOf(name);
      tab.addEventListener("click", () => this.show(name));
      tab.addEventListener("keydown", (event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        this.turn();
        tabOf(model.tab).focus();
      });
    }
  }

  show(name) {
    for (const other of TABS) {
      const chosen = other === name;
      setAttribute(tabOf(other), "aria-selected", String(chosen));
      setAttribute(tabOf(other), "tabindex", chosen ? 0 : -1);
      setAttribute(document.getElementById(other), "hidden", !chosen);
    }
    this.#model.set({ tab: name });
  }

  turn() {
    this.show(TABS[(TABS.indexOf(this.#model.tab) + 1) % TABS.length]);
  }
}

const tabOf = (name) => document.getElementById(`tab-${name}`);
