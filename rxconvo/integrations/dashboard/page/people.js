// Who is there: the participants of the chosen conversation, and everybody.

import { arrange, avatar, h, setAttribute, setAvatar, setText } from "./dom.js";
import { number, plural } from "./format.js";

export class People {
  #model;
  #members = new Group("In this conversation", "members");
  #everybody = new Group("People", "everybody");

  constructor(model, root) {
    this.#model = model;
    root.append(this.#members.element, this.#everybody.element);
    model.watch(["people", "chat"], () => this.#draw());
  }

  #draw() {
    const { people, chat, nameOf } = this.#model;
    this.#members.draw(chat?.participants?.map((participant) => member(participant, chat, nameOf)) ?? null);
    const inIt = new Set(chat?.participants?.map((participant) => participant.identity));
    const others = (people ?? []).filter((person) => !inIt.has(person.identity)).toSorted(byPresence);
    this.#everybody.title = inIt.size ? "Everybody else" : "People";
    this.#everybody.draw(people && others.map(somebody));
  }
}

class Group {
  #entries = new Map();

  constructor(title, name) {
    this.heading = h("span", {}, title);
    this.count = h("span", { class: "note" });
    this.list = h("ul", { class: "people", "data-group": name });
    this.element = h("section", { class: "block", hidden: true }, h("h3", {}, this.heading, this.count), this.list);
  }

  set title(title) {
    setText(this.heading, title);
  }

  draw(people) {
    setAttribute(this.element, "hidden", !people?.length);
    if (!people) return;
    setText(this.count, `${number(people.filter((person) => person.online).length)} of ${number(people.length)} online`);
    const entries = new Map(people.map((person) => [person.key, this.#entries.get(person.key) ?? entry(person.key)]));
    for (const person of people) update(entries.get(person.key), person);
    this.#entries = entries;
    arrange(this.list, [...entries.values()]);
  }
}

function entry(key) {
  return h("li", { "data-identity": key }, avatar("", "", { class: "avatar small" }), h("span", { class: "person", dir: "auto" }), h("span", { class: "note" }));
}

function update(element, { identity, name, online, note, typing }) {
  const [picture, person, told] = element.children;
  setAvatar(picture, identity, name);
  setAttribute(picture, "data-online", online);
  setAttribute(element, "data-online", online);
  setText(person, name);
  setAttribute(person, "title", name === identity ? identity : `${name} (${identity})`);
  setText(told, note);
  setAttribute(told, "data-typing", typing);
}

function member({ identity, sid, type, online, typing, last_read: read }, { timeline }, nameOf) {
  const name = identity ? nameOf(identity) : type;
  const behind = timeline.filter((message) => message.index > (read ?? -1) && message.author !== identity).length;
  const note = typing ? "typing…" : !identity ? type : behind ? `${number(behind)} behind` : "up to date";
  return { key: sid, identity: identity ?? sid, name, online: Boolean(online), typing: Boolean(typing), note };
}

function somebody({ identity, name, online, conversations }) {
  return { key: identity, identity, name: name || identity, online, typing: false, note: conversations ? plural(conversations, "chat") : "" };
}

const byPresence = (one, other) =>
  Number(other.online) - Number(one.online) || (one.name || one.identity).localeCompare(other.name || other.identity);
