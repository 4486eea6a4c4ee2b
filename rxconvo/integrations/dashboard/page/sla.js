// The chip that tells how long an answer may still take, or since when it is late.

import { h, icon, setAttribute, setText } from "./dom.js";
import { countdown, span } from "./format.js";

export function slaChip() {
  return h("span", { class: "chip", hidden: true }, icon("clock"), h("span"));
}

export function updateChip(chip, sla, now, nameOf) {
  const state = sla?.state ?? "none";
  setAttribute(chip, "hidden", state === "none" || !sla.due);
  if (chip.hidden) return;
  const left = (Date.parse(sla.due) - now) / 1000;
  setAttribute(chip, "data-state", state);
  setText(chip.lastChild, left >= 0 ? countdown(left) : `−${countdown(-left)}`);
  const who = sla.waiting ? nameOf(sla.waiting) : "Somebody";
  const told = left >= 0 ? `in ${span(left)}` : `${span(-left)} ago`;
  setAttribute(chip, "title", `${who} waits for an answer, due ${told}`);
}
