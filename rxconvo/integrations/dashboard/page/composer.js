// Where one writes. Drafts stay with their conversations.

import { conversationPath, post } from "./api.js";
import { setAttribute } from "./dom.js";

const SIGNAL = 2000; // milliseconds between two signals of typing

export class Composer {
  #model;
  #drafts = new Map();
  #sid = null;
  #signalled = -SIGNAL;

  /** @param send Gets the conversation's sid and the text. */
  constructor(model, send) {
    this.#model = model;
    this.form = document.getElementById("composer");
    this.field = document.getElementById("body");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(send);
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit(send);
    });
    this.field.addEventListener("input", () => this.#typed());
    model.watch(["chosen"], () => this.#turn());
    model.watch(["chat"], () => this.#name());
  }

  focus() {
    this.field.focus({ preventScroll: true });
  }

  /** Put a text back that was not sent; what was written meanwhile stays, beneath it. */
  restore(text) {
    this.field.value = [text, this.field.value].filter(Boolean).join("\n");
    this.focus();
  }

  #submit(send) {
    if (!this.field.value.trim() || this.#sid === null) return;
    send(this.#sid, this.field.value);
    this.field.value = "";
    this.#signalled = -SIGNAL;
  }

  #typed() {
    if (!this.field.value || this.#sid === null || performance.now() - this.#signalled < SIGNAL) return;
    this.#signalled = performance.now();
    // A signal that gets lost is not worth a word: the next one follows soon.
    post(conversationPath(this.#sid, "/typing"), {}).catch(() => {});
  }

  #turn() {
    const { chosen } = this.#model;
    if (chosen === this.#sid) return;
    if (this.#sid !== null) this.#drafts.set(this.#sid, this.field.value);
    this.#sid = chosen;
    this.#signalled = -SIGNAL;
    this.field.value = this.#drafts.get(chosen) ?? "";
  }

  #name() {
    const { chat } = this.#model;
    const name = chat?.conversation?.name;
    setAttribute(this.field, "placeholder", name ? `Message to ${name}` : "Message");
  }
}
