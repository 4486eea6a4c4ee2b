// Clients of the official SDK, driven by lines of JSON on stdin; answers go to stdout, a line each.
//
// {"id": 1, "client": "ada", "do": "send", ...} is answered with {"id": 1, "result": ...} or {"id": 1, "error": ..., "kind": ...}.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.argv[2]); // a package.json beside the node_modules that hold the SDK

const { WebSocket } = require("ws");

// A socket that can be cut from outside. Its address ends in #NAME, which says whose it is.
const cables = new Map();

class Cable extends WebSocket {
  constructor(address) {
    const [url, name] = address.split("#");
    const cable = cables.get(name);
    super(cable.down ? "ws://127.0.0.1:1/" : url, { perMessageDeflate: false });
    cable.socket = this;
  }
}

globalThis.WebSocket = Cable;
// The bundle is the SDK's own main entry, unmodified; it takes the global WebSocket.
const { Client } = require("@twilio/conversations");

const date = (value) => (value ? new Date(value).toISOString() : null);

const plainMessage = (message) => ({
  sid: message.sid,
  index: message.index,
  author: message.author,
  body: message.body,
  subject: message.subject ?? null,
  attributes: message.attributes,
  dateCreated: date(message.dateCreated),
  dateUpdated: date(message.dateUpdated),
  lastUpdatedBy: message.lastUpdatedBy ?? null,
  participantSid: message.participantSid,
  type: message.type,
});

const plainParticipant = (participant) => ({
  sid: participant.sid,
  identity: participant.identity,
  type: participant.type,
  attributes: participant.attributes,
  dateCreated: date(participant.dateCreated),
  dateUpdated: date(participant.dateUpdated),
  roleSid: participant.roleSid,
  lastReadMessageIndex: participant.lastReadMessageIndex,
  lastReadTimestamp: date(participant.lastReadTimestamp),
  bindings: participant.bindings,
});

const plainConversation = (conversation) => ({
  sid: conversation.sid,
  friendlyName: conversation.friendlyName,
  uniqueName: conversation.uniqueName,
  attributes: conversation.attributes,
  createdBy: conversation.createdBy,
  dateCreated: date(conversation.dateCreated),
  dateUpdated: date(conversation.dateUpdated),
  state: conversation.state?.current ?? null,
  lastMessage: conversation.lastMessage
    ? { index: conversation.lastMessage.index, dateCreated: date(conversation.lastMessage.dateCreated) }
    : null,
  status: conversation.status,
  lastReadMessageIndex: conversation.lastReadMessageIndex,
  notificationLevel: conversation.notificationLevel,
});

const plainUser = (user) => ({
  identity: user.identity,
  friendlyName: user.friendlyName,
  attributes: user.attributes,
});

class Driven {
  constructor(name, url, token) {
    this.cable = { down: false, socket: null };
    cables.set(name, this.cable);
    this.history = [];
    this.conversations = new Map(); // the joined ones, by sid, and their messages as events told them
    this.messages = new Map();
    this.waiting = new Set();
    this.client = new Client(token, {
      logLevel: "silent",
      twilsock: { uri: `${url}#${name}` },
      retryPolicy: { min: 20, max: 100, randomness: 0.2 },
    });
    this.listen();
  }

  async started() {
    await new Promise((resolve, reject) => {
      this.client.on("initialized", resolve);
      this.client.on("initFailed", ({ error }) => reject(new Error(`init failed: ${error?.message}`)));
    });
    await this.client.getSubscribedConversations();
    this.history.length = 0; // compared is what is told from here on
  }

  listen() {
    const { client } = this;
    const tell = (kind, conversation, entity, after, reasons = null) => {
      // Copied at once: the SDK's objects live on.
      this.history.push(structuredClone({ kind, conversation, entity, reasons, after }));
      this.look();
    };
    const held = (conversation) => {
      this.conversations.set(conversation.sid, conversation);
      if (!this.messages.has(conversation.sid)) this.messages.set(conversation.sid, new Map());
    };
    for (const kind of ["conversationAdded", "conversationJoined", "conversationLeft", "conversationRemoved"]) {
      client.on(kind, (conversation) => {
        if (kind === "conversationJoined") held(conversation);
        if (kind === "conversationRemoved") {
          this.conversations.delete(conversation.sid);
          this.messages.delete(conversation.sid);
        }
        tell(kind, conversation.sid, "conversation", plainConversation(conversation));
      });
    }
    client.on("conversationUpdated", ({ conversation, updateReasons }) =>
      tell("conversationUpdated", conversation.sid, "conversation", plainConversation(conversation), updateReasons),
    );
    for (const kind of ["participantJoined", "participantLeft", "typingStarted", "typingEnded"]) {
      client.on(kind, (participant) =>
        tell(kind, participant.conversation.sid, `participant ${participant.sid}`, plainParticipant(participant)),
      );
    }
    client.on("participantUpdated", ({ participant, updateReasons }) =>
      tell(
        "participantUpdated",
        participant.conversation.sid,
        `participant ${participant.sid}`,
        plainParticipant(participant),
        updateReasons,
      ),
    );
    for (const kind of ["messageAdded", "messageRemoved"]) {
      client.on(kind, (message) => {
        const messages = this.messages.get(message.conversation.sid);
        if (kind === "messageAdded") messages?.set(message.index, message);
        else messages?.delete(message.index);
        tell(kind, message.conversation.sid, `message ${message.index}`, plainMessage(message));
      });
    }
    client.on("messageUpdated", ({ message, updateReasons }) =>
      tell(
        "messageUpdated",
        message.conversation.sid,
        `message ${message.index}`,
        plainMessage(message),
        updateReasons,
      ),
    );
    client.on("connectionStateChanged", () => this.look());
    client.on("userUpdated", ({ user, updateReasons }) =>
      tell("userUpdated", null, `user ${user.identity}`, plainUser(user), updateReasons),
    );
  }

  // -- waiting for what happens

  look() {
    for (const look of [...this.waiting]) look();
  }

  until(holds) {
    return new Promise((resolve) => {
      const look = async () => {
        if (!(await holds())) return;
        this.waiting.delete(look);
        resolve(null);
      };
      this.waiting.add(look);
      look();
    });
  }

  // Wait until connected, just these conversations are joined, and their rosters and lists are open.
  async home({ joined }) {
    await this.until(
      () =>
        this.client.connectionState === "connected" &&
        this.conversations.size === joined.length && joined.every((sid) => this.conversations.has(sid)),
    );
    for (const conversation of this.conversations.values()) await conversation.getParticipants();
    return null;
  }

  times_typing({ conversation, identity }) {
    return this.history.filter(
      (event) =>
        event.kind === "typingStarted" && event.conversation === conversation && event.after.identity === identity,
    ).length;
  }

  // Wait until a user is seen typing so many times.
  async saw_typing({ times, ...where }) {
    await this.until(() => this.times_typing(where) >= times);
    return null;
  }

  // Wait until a conversation shows a message as its newest and that somebody has read it.
  async saw_marker({ conversation: sid, index, identity }) {
    await this.until(async () => {
      const conversation = this.conversations.get(sid);
      if (conversation?.lastMessage?.index !== index || !this.messages.get(sid).has(index)) return false;
      if (identity === this.client.user.identity && conversation.lastReadMessageIndex !== index) return false;
      const participants = await conversation.getParticipants();
      return participants.some((one) => one.identity === identity && one.lastReadMessageIndex === index);
    });
    return null;
  }

  // Wait until the own user has a name.
  async saw_name({ friendly_name }) {
    await this.until(() => this.client.user.friendlyName === friendly_name);
    return null;
  }

  // -- reading everything

  async view({ page_size, counters }) {
    const conversations = {};
    for (const [sid, conversation] of this.conversations) {
      const messages = [];
      let page = await conversation.getMessages(page_size);
      for (;;) {
        messages.unshift(...page.items.map(plainMessage));
        if (!page.hasPrevPage) break;
        page = await page.prevPage();
      }
      const participants = (await conversation.getParticipants()).map(plainParticipant);
      conversations[sid] = {
        ...plainConversation(conversation),
        messages,
        participants: participants.sort((a, b) => (a.sid < b.sid ? -1 : 1)),
        counts: counters
          ? {
              messages: await conversation.getMessagesCount(),
              participants: await conversation.getParticipantsCount(),
              unread: await conversation.getUnreadMessagesCount(),
            }
          : null,
      };
    }
    return { user: plainUser(this.client.user), conversations };
  }

  // -- doing something

  conversation({ conversation }) {
    const found = this.conversations.get(conversation);
    if (!found) throw new Unknown(`conversation ${conversation}`);
    return found;
  }

  message({ conversation, index }) {
    const found = this.messages.get(conversation)?.get(index);
    if (!found) throw new Unknown(`message ${index} of ${conversation}`);
    return found;
  }

  async participant({ conversation, identity }) {
    return this.conversation({ conversation }).getParticipantByIdentity(identity);
  }

  async create({ friendly_name, unique_name, attributes }) {
    const conversation = await this.client.createConversation({
      friendlyName: friendly_name ?? undefined,
      uniqueName: unique_name ?? undefined,
      attributes,
    });
    await conversation.join();
    return conversation.sid;
  }

  async add({ identity, attributes, ...where }) {
    await this.conversation(where).add(identity, attributes);
    return null;
  }

  async add_phone({ proxy, address, ...where }) {
    await this.conversation(where).addNonChatParticipant(proxy, address);
    return null;
  }

  async remove({ identity, ...where }) {
    await this.conversation(where).removeParticipant(identity);
    return null;
  }

  async leave(where) {
    await this.conversation(where).leave();
    return null;
  }

  async delete(where) {
    await this.conversation(where).delete();
    return null;
  }

  async type(where) {
    await this.conversation(where).typing();
    return null;
  }

  async send({ body, attributes, subject, ...where }) {
    return this.conversation(where).sendMessage(body, attributes, subject === null ? undefined : { subject });
  }

  async edit_body({ body, ...where }) {
    await this.message(where).updateBody(body);
    return null;
  }

  async edit_attributes({ attributes, ...where }) {
    await this.message(where).updateAttributes(attributes);
    return null;
  }

  async remove_message(where) {
    await this.message(where).remove();
    return null;
  }

  async rename({ friendly_name, ...where }) {
    await this.conversation(where).updateFriendlyName(friendly_name);
    return null;
  }

  async rename_uniquely({ unique_name, ...where }) {
    await this.conversation(where).updateUniqueName(unique_name);
    return null;
  }

  async describe({ attributes, ...where }) {
    await this.conversation(where).updateAttributes(attributes);
    return null;
  }

  async describe_participant({ attributes, ...where }) {
    await (await this.participant(where)).updateAttributes(attributes);
    return null;
  }

  async name_user({ friendly_name }) {
    await this.client.user.updateFriendlyName(friendly_name);
    return null;
  }

  async describe_user({ attributes }) {
    await this.client.user.updateAttributes(attributes);
    return null;
  }

  async set_horizon({ index, ...where }) {
    await this.conversation(where).updateLastReadMessageIndex(index);
    return null;
  }

  async advance_horizon({ index, ...where }) {
    await this.conversation(where).advanceLastReadMessageIndex(index);
    return null;
  }

  async read_all(where) {
    await this.conversation(where).setAllMessagesRead();
    return null;
  }

  async unread_all(where) {
    await this.conversation(where).setAllMessagesUnread();
    return null;
  }

  async notify({ level, ...where }) {
    await this.conversation(where).setUserNotificationLevel(level);
    return null;
  }

  // -- the line

  async cut() {
    this.cable.down = true;
    this.cable.socket?.terminate();
    await this.until(() => this.client.connectionState !== "connected");
    return null;
  }

  restore() {
    this.cable.down = false;
    return null;
  }

  told() {
    return this.history;
  }

  async shutdown() {
    await this.client.shutdown();
    return null;
  }
}

class Unknown extends Error {}

const driven = new Map();

async function perform({ client: name, do: what, ...details }) {
  if (what === "start") {
    driven.set(name, new Driven(name, details.url, details.token));
    return driven.get(name).started().then(() => null);
  }
  const client = driven.get(name);
  const result = await client[what](details);
  if (what === "shutdown") {
    driven.delete(name);
    cables.delete(name);
  }
  return result;
}

const kindOf = (error) =>
  error instanceof Unknown ? "unknown" : error?.name === "TypeError" || error?.name === "ReferenceError" ? "bug" : "refused";

process.on("unhandledRejection", (error) => {
  process.stdout.write(`${JSON.stringify({ stray: String(error?.stack ?? error) })}\n`);
});

createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const { id, ...order } = JSON.parse(line);
    let answer;
    try {
      answer = { id, result: (await perform(order)) ?? null };
    } catch (error) {
      answer = { id, error: String(error?.stack ?? error), kind: kindOf(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  })
  .on("close", () => process.exit(0));
