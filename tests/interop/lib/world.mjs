/** What a scenario has to work with. Each has a world of its own; the clients of ada, bob and cho serve all of them. */

import * as sdk from "@twilio/conversations";

import { Cable } from "./cable.mjs";
import { Inbox, until, within } from "./inbox.mjs";
import { Witness } from "./witness.mjs";

/** Which conversation an event of a client is about. */
export function conversationOf(value) {
  const subject = value.message ?? value.participant ?? value;
  return (value.conversation ?? subject.conversation ?? subject).sid;
}

/** Opens a client as an application does, and waits until it is ready. */
export async function open(Client, token, url, options = {}) {
  const client = new Client(token, { logLevel: "silent", twilsock: { uri: url }, ...options });
  client.setMaxListeners(0); // many scenarios listen to the same client
  const failed = new Promise((_, reject) => client.once("initFailed", ({ error }) => reject(new Error(error.message))));
  const ready = new Promise((resolve) => client.once("initialized", resolve));
  await within(Promise.race([ready, failed]), "initialized");
  return client;
}

export class World {
  #service;
  #ends = [];

  constructor(service, shared) {
    this.#service = service;
    this.witness = new Witness();
    for (const [identity, client] of Object.entries(shared)) this[identity] = this.witness.wrap(client);
    /** The SDK's class, constructor and static members. */
    this.Client = this.witness.wrapClass(sdk.Client);
  }

  get url() {
    return this.#service.url;
  }

  control(op) {
    return this.#service.control(op);
  }

  /** A token of so many seconds; without a time one that outlives the run, the same each time. */
  token(identity, ttl) {
    return ttl === undefined ? this.#service.token(identity) : this.#service.mint(identity, ttl);
  }

  /** Leaves something to be done when the scenario is over; the last first. */
  later(end) {
    this.#ends.push(end);
  }

  /** Opens a further client, for this scenario alone. */
  async connect(identity, options = {}) {
    const client = await this.open(identity, options);
    this.later(() => client.shutdown());
    return client;
  }

  /** The same for one that is not shut down in the end. */
  async open(identity, { token, url = this.url, ...options } = {}) {
    return open(this.Client, token ?? (await this.token(identity)), url, options);
  }

  /** Lays a cable to the service, which can be cut. */
  async cable() {
    const cable = await Cable.to(this.url);
    this.later(() => cable.close());
    return cable;
  }

  inbox(emitter, ...names) {
    const inbox = new Inbox(emitter, names);
    this.later(() => inbox.close());
    return inbox;
  }

  /** An inbox of a client for one conversation alone: other scenarios are going on with the same client. */
  inboxOf(client, sid, ...names) {
    const inbox = new Inbox(client, names, (value) => conversationOf(value) === sid);
    this.later(() => inbox.close());
    return inbox;
  }

  /** Creates a conversation, which is deleted in the end. */
  async create(client, options = {}) {
    const conversation = await client.createConversation(options);
    this.later(() => remove(conversation));
    return conversation;
  }

  /** Creates a conversation of several clients, waits until each of them knows everybody, and gives each one's view. */
  async room(creator, ...others) {
    const conversation = await this.create(creator, { friendlyName: "room" });
    await conversation.join();
    const views = await Promise.all(others.map((other) => this.bring(conversation, other)));
    const all = [conversation, ...views];
    const complete = async (view) => (await view.getParticipants()).length === all.length;
    await Promise.all(all.map((view) => until(() => complete(view), view, ["participantJoined"], "everybody is there")));
    return all;
  }

  /** Adds the user of a client to a conversation, and gives that client's view of it. */
  async bring(conversation, client) {
    const inbox = new Inbox(client, ["conversationJoined"], (one) => one.sid === conversation.sid);
    await conversation.add(client.user.identity);
    const view = await inbox.take("conversationJoined");
    inbox.close();
    await view.getParticipants(); // a conversation that goes while it is being opened is an unhandled error in the SDK
    return view;
  }

  /** Puts everything away. */
  async end() {
    for (const end of this.#ends.reverse()) await end();
  }
}

async function remove(conversation) {
  try {
    await conversation.delete();
  } catch (error) {
    if (error.status !== 404) throw error; // the scenario has deleted it
  }
}
