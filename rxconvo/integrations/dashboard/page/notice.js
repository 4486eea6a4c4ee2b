// A word about what has just been done, where it may not show by itself.

import { setAttribute, setText } from "./dom.js";

const SHOWN = 2000; // milliseconds

export class Notice {
  #timer = null;

  constructor() {
    this.element = document.getElementById("notice");
  }

  tell(text) {
    clearTimeout(this.#timer);
    setText(this.element, text);
    setAttribute(this.element, "data-shown", true);
    this.#timer = setTimeout(() => setAttribute(this.element, "data-shown", null), SHOWN);
  }
}
