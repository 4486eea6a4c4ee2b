// Tells when what is shown may be out of date, and when it is tried again.

import { setAttribute, setText } from "./dom.js";

export class Banner {
  #model;
  #lost = false;

  constructor(model, onRetry) {
    this.#model = model;
    this.banner = document.getElementById("banner");
    this.text = document.getElementById("banner-text");
    this.button = document.getElementById("banner-retry");
    this.announcer = document.getElementById("announcer");
    this.button.addEventListener("click", onRetry);
    model.watch(["link", "vitals", "now"], () => this.#draw());
  }

  #draw() {
    const { link, vitals, now } = this.#model;
    if (link.kind === "left") return; // nobody looks, and the connection was let go on purpose
    const told = this.#told(link, vitals, now);
    setAttribute(this.banner, "hidden", told === null);
    setAttribute(this.button, "hidden", link.kind !== "waiting");
    if (told !== null) setText(this.text, told);
    if ((told !== null) === this.#lost) return;
    this.#lost = told !== null;
    // Once each time, and without the seconds: a countdown read out aloud is a nuisance.
    setText(this.announcer, this.#lost ? "Connection lost. What is shown may be out of date." : "Connected again.");
  }

  #told({ kind, retryAt }, vitals, now) {
    if (kind === "waiting") {
      const seconds = Math.ceil((retryAt - now) / 1000);
      return `Connection lost. Trying again ${seconds > 0 ? `in ${seconds} s` : "now"}.`;
    }
    if (kind === "connecting") return this.#lost ? "Connecting again…" : null;
    if (kind === "open" && vitals && vitals.connection !== "connected") {
      return "The service does not answer; the dashboard is connecting to it again.";
    }
    return null;
  }
}
