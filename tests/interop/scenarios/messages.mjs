/** Messages: sent, received, edited, removed. */

import { equal, ok, recent, same } from "../lib/expect.mjs";

const BODIES = ["hello", "zwölf 🚀 Boxkämpfer\u2028\u0001\n\"quoted\"", "", "x".repeat(8_000)];

export async function a_text_is_sent_and_received(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const inbox = world.inbox(theirs, "messageAdded");
  const outer = world.inboxOf(world.bob, theirs.sid, "messageAdded", "conversationUpdated");
  const own = world.inbox(ours, "messageAdded");

  for (const [index, body] of BODIES.entries()) {
    equal(await ours.sendMessage(body, { nth: index }), index, "the index that sendMessage gives");
    const message = await inbox.take("messageAdded");
    equal((await own.take("messageAdded")).sid, message.sid, "what the sender hears");
    equal((await outer.take("messageAdded")).sid, message.sid, "what the client hears");
    equal(message.body, body, "body");
    equal(message.index, index, "index");
    equal(message.author, "ada", "author");
    equal(message.subject, null, "subject");
    equal(message.contentSid, null, "contentSid");
    equal(message.type, "text", "type");
    equal(message.lastUpdatedBy, null, "lastUpdatedBy");
    equal(message.aggregatedDeliveryReceipt, null, "aggregatedDeliveryReceipt");
    ok(!message.media && !message.attachedMedia?.length, "a text has no media");
    same(message.attributes, { nth: index }, "attributes");
    recent(message.dateCreated, "dateCreated");
    recent(message.dateUpdated, "dateUpdated");
    equal(message.conversation, theirs, "conversation");
    const participant = await message.getParticipant();
    equal(participant.identity, "ada", "the participant");
    equal(participant.sid, message.participantSid, "participantSid");
  }
  await outer.updated("conversationUpdated", "lastMessage");
  equal(await theirs.getMessagesCount(), BODIES.length, "getMessagesCount");

  await theirs.sendMessage(null, undefined, { subject: "About" });
  const blank = await own.take("messageAdded");
  equal(blank.body, "", "the body of null");
  equal(blank.subject, "About", "subject");
  same(blank.attributes, {}, "attributes");
}

export async function a_message_is_built(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const inbox = world.inbox(theirs, "messageAdded");
  const builder = ours.prepareMessage();
  const unsent = builder.setBody("built").setSubject("Subject").setAttributes({ built: true }).build();
  equal(unsent.text, "built", "text");
  equal(unsent.emailOptions.subject, "Subject", "subject");
  same(unsent.attributes, { built: true }, "attributes");
  same(unsent.mediaContent, [], "media");
  equal(await unsent.send(), 0, "the index that send gives");
  const message = await inbox.take("messageAdded");
  equal(message.body, "built", "body");
  equal(message.subject, "Subject", "subject");
  same(message.attributes, { built: true }, "attributes");
  equal(await ours.prepareMessage().setBody("again").buildAndSend(), 1, "the index that buildAndSend gives");
  equal((await inbox.take("messageAdded")).body, "again", "body");
}

export async function a_message_is_edited(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const arriving = world.inbox(theirs, "messageAdded");
  const own = world.inbox(ours, "messageAdded");
  await ours.sendMessage("first");
  const [mine, message] = [await own.take("messageAdded"), await arriving.take("messageAdded")];
  const inner = world.inbox(message, "updated");
  const middle = world.inbox(theirs, "messageUpdated");
  const outer = world.inboxOf(world.bob, theirs.sid, "messageUpdated");

  equal(await mine.updateBody("second"), mine, "what updateBody gives");
  const reasons = ["body", "lastUpdatedBy", "dateUpdated"];
  same(await inner.updated("updated"), reasons, "reasons");
  same(await middle.updated("messageUpdated"), reasons, "reasons");
  same(await outer.updated("messageUpdated"), reasons, "reasons");
  equal(message.body, "second", "body");
  equal(message.lastUpdatedBy, "ada", "lastUpdatedBy");
  equal(message.index, 0, "index");

  await mine.updateAttributes({ edited: 1 });
  await inner.updated("updated", "attributes");
  same(message.attributes, { edited: 1 }, "attributes");
  equal(message.body, "second", "body");

  // Edits of different fields at the same time do not undo each other.
  await Promise.all([mine.updateBody("third"), mine.updateAttributes({ edited: 2 })]);
  await inner.updated("updated", "body");
  await inner.updated("updated", "attributes");
  equal(message.body, "third", "body");
  same(message.attributes, { edited: 2 }, "attributes");
}

export async function a_message_is_removed(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const own = world.inbox(ours, "messageAdded");
  const inbox = world.inbox(theirs, "messageAdded", "messageRemoved", "updated");
  const outer = world.inboxOf(world.bob, theirs.sid, "messageRemoved");
  const sent = [];
  for (const body of ["a", "b", "c"]) {
    await ours.sendMessage(body);
    sent.push(await own.take("messageAdded"));
    await inbox.take("messageAdded"); // the SDK is silent about the removal of what it does not know
    await inbox.updated("updated", "lastMessage");
  }
  equal(theirs.lastMessage.index, 2, "lastMessage.index");
  recent(theirs.lastMessage.dateCreated, "lastMessage.dateCreated");

  equal(await sent[2].remove(), sent[2], "what remove gives");
  equal((await inbox.take("messageRemoved")).index, 2, "what is removed");
  equal((await outer.take("messageRemoved")).index, 2, "what is removed");
  await inbox.updated("updated", "lastMessage");
  equal(theirs.lastMessage.index, 1, "lastMessage.index after the newest is gone");

  await sent[0].remove();
  equal((await inbox.take("messageRemoved")).body, "a", "what is removed");
  await sent[1].remove();
  await inbox.take("messageRemoved");
  await inbox.updated("updated", "lastMessage");
  equal(theirs.lastMessage, undefined, "lastMessage of an empty conversation");
  equal(await ours.getMessagesCount(), 0, "getMessagesCount");
  equal(await ours.sendMessage("d"), 3, "no index is given twice");
}
