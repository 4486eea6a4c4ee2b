// Asks for a token where there is none, or none that is taken.

import { decoded } from "./api.js";
import { setText } from "./dom.js";

export class Gate {
  /** @param onToken Gets the token. */
  constructor(onToken) {
    this.dialog = document.getElementById("gate");
    this.why = document.getElementById("gate-why");
    this.field = document.getElementById("gate-token");
    document.getElementById("gate-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const token = tokenIn(this.field.value);
      if (!token) return;
      this.field.value = "";
      this.dialog.close();
      onToken(token);
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.field.form.requestSubmit();
    });
    this.dialog.addEventListener("cancel", (event) => event.preventDefault()); // there is nothing behind it
  }

  ask(why) {
    setText(this.why, why);
    if (!this.dialog.open) this.dialog.showModal();
    this.field.focus();
  }
}

/** Take a token, or the whole link with one, without what copying has put around it. */
function tokenIn(text) {
  const token = text.replace(/\s+/g, "").replace(/^.*#token=/, "");
  return decoded(token) ?? token;
}
