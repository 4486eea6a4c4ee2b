// The frame of the chosen conversation: its heading, who types, and what there is to say when none is shown.

import { arrange, avatar, h, icon, setAttribute, setText } from "./dom.js";
import { listing, plural } from "./format.js";
import { dots } from "./rows.js";
import { slaChip, updateChip } from "./sla.js";

const FACES = 4;

export class Chat {
  #model;
  #none;
  #gone;
  #typing = "";

  constructor(model) {
    this.#model = model;
    for (const [name, id] of Object.entries({ chat: "chat", empty: "chat-empty", name: "chat-name", under: "chat-under" })) {
      this[name] = document.getElementById(id);
    }
    this.people = document.getElementById("chat-people");
    this.typing = document.getElementById("typing");
    this.chip = document.getElementById("chat-sla").appendChild(slaChip());
    this.#none = noneChosen();
    this.#gone = h("p");
    model.watch(["chosen", "chat", "rows", "people", "now"], () => this.#draw());
  }

  #draw() {
    const { chosen, chat } = this.#model;
    const shown = chosen !== null && !chat?.problem;
    setAttribute(this.chat, "hidden", !shown);
    setAttribute(this.empty, "hidden", shown);
    if (!shown) this.#drawEmpty(chat?.problem);
    else this.#drawHead(chat);
  }

  #drawEmpty(problem) {
    if (problem) setText(this.#gone, problem);
    arrange(this.empty, problem ? [icon("warning"), h("h2", {}, "This conversation cannot be shown"), this.#gone] : this.#none);
  }

  #drawHead(chat) {
    const { rows, now, nameOf, online } = this.#model;
    const row = rows?.find(({ sid }) => sid === chat.sid);
    const name = chat.conversation?.name || row?.name || "Untitled";
    setText(this.name, name);
    setAttribute(this.name, "title", name);
    const participants = chat.participants ?? [];
    const there = participants.filter((participant) => participant.online).length;
    const members = chat.participants ? participants.length : row?.members;
    setText(this.under, members === undefined ? "" : `${plural(members, "member")}${there ? `, ${there} online` : ""}`);
    updateChip(this.chip, row?.sla, now, nameOf);
    this.#drawFaces(participants, nameOf, online);
    this.#drawTyping(participants, nameOf);
  }

  #drawFaces(participants, nameOf, online) {
    const ordered = participants.filter(({ identity }) => identity).toSorted((one, other) => isOn(other) - isOn(one));
    const faces = ordered.slice(0, FACES).map(({ identity, sid, online: on }) => {
      const known = this.people.querySelector(`[data-sid="${CSS.escape(sid)}"]`);
      const face = known ?? avatar(identity, nameOf(identity), { class: "avatar small", "data-sid": sid });
      setAttribute(face, "data-online", on || online.has(identity));
      setAttribute(face, "title", nameOf(identity));
      return face;
    });
    arrange(this.people, faces);
  }

  #drawTyping(participants, nameOf) {
    const names = participants.filter(({ typing }) => typing).map(({ identity }) => nameOf(identity));
    const told = names.length ? `${listing(names)} ${names.length === 1 ? "is" : "are"} typing` : "";
    if (told === this.#typing) return;
    this.#typing = told;
    setAttribute(this.typing, "hidden", !told);
    this.typing.replaceChildren(...(told ? [dots(), told] : []));
  }
}

const isOn = ({ online }) => Number(Boolean(online));

function noneChosen() {
  const hints = { "j k": "Go through conversations", Enter: "Open", "/": "Filter", "?": "All keys" };
  const entries = Object.entries(hints).flatMap(([keys, told]) => [
    h("dt", {}, ...keys.split(" ").map((key) => h("kbd", {}, key))),
    h("dd", {}, told),
  ]);
  return [icon("chat"), h("h2", {}, "No conversation chosen"), h("p", {}, "Choose one to follow it live."), h("dl", { class: "hints" }, ...entries)];
}
