// The sheet that makes a conversation.

import { post, Unauthorized } from "./api.js";
import { setAttribute, setText } from "./dom.js";

export class Create {
  #busy = false;

  /** @param onCreated Gets the new conversation's sid. */
  constructor(onCreated, onDenied) {
    this.dialog = document.getElementById("create-dialog");
    this.form = document.getElementById("create-form");
    this.name = document.getElementById("create-name");
    this.people = document.getElementById("create-people");
    this.problem = document.getElementById("create-problem");
    document.getElementById("create-cancel").addEventListener("click", () => this.dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#create(onCreated, onDenied);
    });
  }

  open() {
    if (this.dialog.open) return;
    setAttribute(this.problem, "hidden", true);
    this.dialog.showModal();
    this.name.focus();
  }

  async #create(onCreated, onDenied) {
    if (this.#busy) return;
    this.#busy = true;
    setAttribute(this.problem, "hidden", true);
    const add = this.people.value.split(",").map((identity) => identity.trim()).filter(Boolean);
    try {
      const { sid } = await post("/api/conversations", { name: this.name.value.trim(), add });
      this.dialog.close();
      this.form.reset();
      onCreated(sid);
    } catch (error) {
      if (error instanceof Unauthorized) onDenied(error);
      setText(this.problem, error.message);
      setAttribute(this.problem, "hidden", null);
      (error.field === "add" ? this.people : this.name).focus();
    } finally {
      this.#busy = false;
    }
  }
}
