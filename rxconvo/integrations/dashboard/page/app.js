// Puts the page together: streams write the model, parts draw it, keys and buttons act.

import { decoded, dropToken, keepToken, takeToken, token } from "./api.js";
import { Attention } from "./attention.js";
import { Banner } from "./banner.js";
import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { OpenConversation } from "./conversation.js";
import { Create } from "./create.js";
import { avatar, h, setAttribute, setAvatar, setText } from "./dom.js";
import { dayOf } from "./format.js";
import { Gate } from "./gate.js";
import { Inspector } from "./inspector.js";
import { Keys } from "./keys.js";
import { apply } from "./lists.js";
import { Model } from "./model.js";
import { Notice } from "./notice.js";
import { Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { People } from "./people.js";
import { Pulse } from "./pulse.js";
import { Rows } from "./rows.js";
import { Stream } from "./stream.js";
import { Timeline } from "./timeline.js";

const THEMES = ["auto", "light", "dark"];
const NARROW = matchMedia("(width < 720px)");
const by = (id) => document.getElementById(id);

const model = new Model({
  rows: null, // null: not known yet; so are the three that follow
  vitals: null,
  people: null,
  streams: null,
  names: new Map(),
  online: new Set(),
  link: { kind: "connecting" },
  chosen: null,
  chat: null,
  outbox: [],
  filter: "",
  pane: "list",
  tab: "pulse",
  now: Date.now(),
  day: dayOf(new Date().toISOString()),
  nameOf: (identity) => model.names.get(identity) || identity || "Somebody",
});

let overview = null;

// What arrives

function connect() {
  overview?.close();
  const topics = {
    rows: (batch) => model.set({ rows: apply(model.rows ?? [], batch) }),
    vitals: (vitals) => {
      if (model.vitals === null) model.touch("chat"); // which finds its horizon once it is known who we are
      else if (model.vitals.identity !== vitals.identity) location.reload(); // nothing of somebody else is kept
      model.set({ vitals });
    },
    people: (people) =>
      model.set({
        people,
        names: new Map(people.map(({ identity, name }) => [identity, name])),
        online: new Set(people.filter(({ online }) => online).map(({ identity }) => identity)),
      }),
    streams: (streams) => model.set({ streams }),
  };
  overview = new Stream("/api/overview", topics, (link) => {
    model.set({ link, now: Date.now() });
    if (link.kind === "open") model.chat?.retry();
    if (link.kind === "denied") denied(link.error);
    if (link.kind === "refused") gate.ask(link.error.message);
  });
}

function denied(error) {
  dropToken();
  overview?.close();
  model.chat?.close();
  gate.ask(error.message);
}

function start() {
  connect();
  turn(true);
}

function retry() {
  overview?.retry();
  model.chat?.retry();
}

// Which conversation is open is in the address: links, the back button and reloading work.

function linked() {
  const part = /^#c=(.+)/.exec(location.hash);
  return part && decoded(part[1]);
}

function turn(again = false) {
  const sid = linked();
  if (sid === model.chosen && !again) return;
  model.chat?.close();
  const chat = sid === null || !token() ? null : new OpenConversation(model, sid, denied);
  model.set({ chosen: sid, chat });
  show(sid === null ? "list" : "chat");
}

function choose(sid) {
  location.hash = `c=${encodeURIComponent(sid)}`;
}

function unchoose() {
  history.pushState(null, "", location.pathname);
  turn();
}

function show(pane) {
  document.body.dataset.pane = pane;
  model.set({ pane });
  if (pane !== "chat" || !matchMedia("(hover: hover)").matches) return; // a keyboard on a screen would cover half of it
  model.draw();
  composer.focus();
}

addEventListener("hashchange", () => {
  if (takeToken()) location.reload();
  else turn();
});
addEventListener("popstate", () => turn());
addEventListener("online", retry);

new Attention({
  left: () => {
    overview?.pause();
    model.chat?.pause();
    model.set({ link: { kind: "left" } });
  },
  turn: () => overview?.resume(),
  back: () => {
    overview?.resume();
    model.chat?.resume();
    retry();
  },
});

// The parts

const gate = new Gate((given) => {
  keepToken(given);
  start();
});
const notice = new Notice();
const outbox = new Outbox(model, retry, denied);
const composer = new Composer(model, (sid, body) => {
  outbox.send(sid, body);
  model.chat?.caughtUp();
  timeline.toEnd();
});
const timeline = new Timeline(model, outbox, (text) => composer.restore(text));
const create = new Create(choose, denied);
const rows = new Rows(model, { onCreate: () => create.open(), onUnfilter: () => filter("") });
const panel = new Panel(model);
new Chat(model);
new Banner(model, retry);
new Pulse(model, by("pulse"));
new People(model, by("pulse"));
new Inspector(model, by("streams"));

function filter(text) {
  by("filter").value = text;
  model.set({ filter: text });
}

by("filter").addEventListener("input", () => filter(by("filter").value));
by("filter").addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") rows.focus();
  else if (event.key === "Enter" && !event.isComposing) rows.openFirst();
  else return;
  event.preventDefault();
});
by("create").addEventListener("click", () => create.open());
by("back").addEventListener("click", unchoose);
by("show-panel").addEventListener("click", () => show("panel"));
by("panel-back").addEventListener("click", () => show(model.chosen === null || NARROW.matches ? "list" : "chat"));
by("help").addEventListener("click", () => keys.show());
by("theme").addEventListener("click", nextTheme);

function nextTheme() {
  const root = document.documentElement;
  root.dataset.theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
  localStorage.setItem("rxconvo.theme", root.dataset.theme);
  notice.tell(tellTheme()); // it may look as before: the system's is one of the others
}

function tellTheme() {
  const told = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
  const theme = told[document.documentElement.dataset.theme];
  setAttribute(by("theme"), "aria-label", theme);
  setAttribute(by("theme"), "title", `${theme} (t)`);
  return theme;
}

function escape() {
  const here = document.activeElement;
  if (here === by("filter")) {
    if (model.filter) return filter("");
    here.blur(); // also where there is no row to go to
    rows.focus();
  } else if (model.pane === "panel") by("panel-back").click();
  else if (model.chosen !== null && by("chat-pane").contains(here) && !NARROW.matches) rows.focus();
  else if (model.chosen !== null) {
    unchoose();
    rows.focus();
  }
}

const keys = new Keys([
  [["j", "ArrowDown"], "Next conversation", () => rows.focus(1)],
  [["k", "ArrowUp"], "Previous conversation", () => rows.focus(-1)],
  [["Enter"], "Open it, to write; send a message"],
  [["/"], "Filter conversations", () => (show("list"), by("filter").select())],
  [["r"], "Write", () => model.chosen !== null && composer.focus()],
  [["n"], "New conversation", () => create.open()],
  [["e"], "To the end of the messages", () => timeline.toEnd()],
  [["s"], "Pulse or streams", () => panel.turn()],
  [["t"], "Theme", nextTheme],
  [["Escape"], "Back; clear the filter, then leave it", escape],
  [["?"], "These keys", () => keys.show()],
]);

// Who we are, and how many messages wait

const me = { avatar: avatar("", "", { class: "avatar small" }), name: h("span", { class: "me-name" }), state: h("span", { class: "state" }) };
by("me").append(me.avatar, me.name, me.state);

model.watch(["vitals", "link", "people"], ({ vitals, link, nameOf }) => {
  setAttribute(me.avatar, "hidden", vitals === null);
  if (vitals) {
    setAvatar(me.avatar, vitals.identity, nameOf(vitals.identity));
    setText(me.name, nameOf(vitals.identity));
    setAttribute(me.name, "title", vitals.identity);
  }
  const state = link.kind === "open" ? (vitals?.connection ?? "connecting") : link.kind === "waiting" ? "lost" : "connecting";
  setText(me.state, state === "lost" ? "not connected" : state);
  setAttribute(me.state, "data-state", state);
  document.title = vitals?.unread && link.kind !== "left" ? `(${vitals.unread}) rxconvo` : "rxconvo";
});

setInterval(() => {
  const now = Date.now();
  const day = dayOf(new Date(now).toISOString());
  model.set(day === model.day ? { now } : { now, day });
}, 1000);

tellTheme();
takeToken();
if (token()) start();
else gate.ask("This page shows conversations to whoever has a token for them.");
