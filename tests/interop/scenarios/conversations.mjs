/** Conversations: made, found, changed, deleted. */

import { equal, ok, recent, refused, same, sameSet } from "../lib/expect.mjs";
import { until } from "../lib/inbox.mjs";

export async function a_conversation_is_created_and_joined(world) {
  const { ada } = world;
  const inbox = world.inbox(ada, "conversationAdded", "conversationJoined", "conversationUpdated");
  const attributes = { topic: "food", deep: [1, { two: null }] };
  const conversation = await world.create(ada, { friendlyName: "Lunch", uniqueName: "lunch", attributes });
  await inbox.take("conversationAdded", ({ sid }) => sid === conversation.sid);
  equal(conversation.status, "notParticipating", "the creator's status");
  equal(conversation.friendlyName, "Lunch", "friendlyName");
  equal(conversation.uniqueName, "lunch", "uniqueName");
  same(conversation.attributes, attributes, "attributes");
  same(await conversation.getAttributes(), attributes, "getAttributes");
  equal(conversation.createdBy, "ada", "createdBy");
  recent(conversation.dateCreated, "dateCreated");
  recent(conversation.dateUpdated, "dateUpdated");
  equal(conversation.state.current, "active", "state");
  recent(conversation.state.dateUpdated, "the state's date");
  equal(conversation.lastMessage, undefined, "lastMessage");
  same(conversation.bindings, {}, "bindings");

  equal(await conversation.join(), conversation, "what join gives");
  await inbox.take("conversationJoined", ({ sid }) => sid === conversation.sid);
  equal(conversation.status, "joined", "status");
  equal(conversation.lastReadMessageIndex, null, "lastReadMessageIndex");
  equal(conversation.notificationLevel, "default", "notificationLevel");
  equal((await conversation.getParticipants())[0].identity, "ada", "the only participant");
  const { limits } = conversation;
  equal(limits.mediaAttachmentsCountLimit, 10, "the number of attachments");
  ok(limits.mediaAttachmentSizeLimitInMb > 0 && limits.mediaAttachmentsTotalSizeLimitInMb > 0, "sizes of attachments");
  ok(limits.emailBodiesAllowedContentTypes.includes("text/html"), "types of e-mail bodies");
  ok(limits.emailHistoriesAllowedContentTypes.includes("text/plain"), "types of e-mail histories");
}

export async function a_conversation_is_found(world) {
  const { ada, bob } = world;
  const open = await world.create(ada, { uniqueName: "found: ä/b?c=d&e f%", access: "public" });
  equal((await ada.peekConversationBySid(open.sid)).sid, open.sid, "what the creator peeks at");
  const peeked = await bob.peekConversationBySid(open.sid);
  equal(peeked.sid, open.sid, "what a visitor peeks at");
  equal(peeked.uniqueName, "found: ä/b?c=d&e f%", "the unique name of what is peeked at");
  equal(peeked.createdBy, "ada", "its creator");
  equal(peeked.status === "joined", false, "peeking is not joining");
  await peeked.join();
  await until(() => peeked.status === "joined", bob, ["conversationJoined"], "bob joins what he has peeked at");
  equal((await peeked.getParticipants())[0].identity, "bob", "the only participant");
  equal((await bob.getConversationBySid(open.sid)).sid, open.sid, "by sid");
  equal((await bob.getConversationByUniqueName("found: ä/b?c=d&e f%")).sid, open.sid, "by unique name");
}

export async function looking_up_changes_nothing(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const inbox = world.inbox(theirs, "updated");
  await ours.updateUniqueName("looked up");
  await ours.updateAttributes({ looked: "up" });
  const outer = world.inboxOf(world.bob, theirs.sid, "conversationAdded", "conversationJoined", "conversationUpdated");
  await inbox.updated("updated", "attributes");
  outer.clear();
  inbox.clear();
  // A sparse answer to one of these would be written over what is known, and be told as updates.
  equal(await world.bob.getConversationBySid(theirs.sid), theirs, "by sid");
  equal(await world.bob.peekConversationBySid(theirs.sid), theirs, "by a peek");
  equal(await world.bob.getConversationByUniqueName("looked up"), theirs, "by unique name");
  equal(await theirs.getParticipantsCount(), 2, "participants");
  equal(await theirs.getMessagesCount(), 0, "messages");
  equal(await theirs.getUnreadMessagesCount(), null, "unread messages");
  same([...inbox.seen, ...outer.seen], [], "what is told of it");
  equal(theirs.status, "joined", "status");
}

export async function all_conversations_are_listed(world) {
  // The SDK lists conversations by fifties: a user of his own, with more than that.
  const eve = await world.connect("eve");
  const many = 52;
  const inbox = world.inbox(eve, "conversationJoined");
  const made = await Promise.all(
    Array.from({ length: many }, async () => (await world.create(eve)).join()),
  );
  for (let count = 0; count < many; count += 1) await (await inbox.take("conversationJoined")).getParticipants();

  const first = await eve.getSubscribedConversations();
  equal(first.items.length, 50, "the first page");
  equal(first.hasPrevPage, false, "something before the first page");
  equal(first.hasNextPage, true, "something after the first page");
  const second = await first.nextPage();
  equal(second.hasNextPage, false, "something after the last page");
  equal(second.hasPrevPage, true, "something before the last page");
  sameSet(
    [...first.items, ...second.items].map(({ sid }) => sid),
    made.map(({ sid }) => sid),
    "all conversations",
  );
  sameSet(
    (await second.prevPage()).items.map(({ sid }) => sid),
    first.items.map(({ sid }) => sid),
    "back to the first page",
  );

  // A client that starts now finds all of them.
  const again = await world.connect("eve");
  const { items } = await again.getSubscribedConversations();
  equal(items.length, 50, "the first page of a new client");
  await Promise.all(items.map((one) => one.getParticipants()));
}

export async function a_conversation_is_changed(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const inbox = world.inbox(theirs, "updated");
  const outer = world.inboxOf(world.bob, theirs.sid, "conversationUpdated");

  equal(await ours.updateFriendlyName("Dinner 🍝"), ours, "what updateFriendlyName gives");
  same(await inbox.updated("updated", "friendlyName"), ["friendlyName", "dateUpdated"], "reasons");
  same(await outer.updated("conversationUpdated", "friendlyName"), ["friendlyName", "dateUpdated"], "reasons");
  equal(theirs.friendlyName, "Dinner 🍝", "friendlyName");

  for (const attributes of [{ "\u2028": [true, null, 1.5, "x"] }, "text", 7, null]) {
    await theirs.updateAttributes(attributes);
    await inbox.updated("updated", "attributes");
    same(theirs.attributes, attributes, "attributes");
    same(await theirs.getAttributes(), attributes, "getAttributes");
  }

  // The SDK sends nothing where the name is the one it knows: so it has to know the name first.
  const own = world.inbox(ours, "updated");
  await ours.updateUniqueName("dinner");
  await inbox.updated("updated", "uniqueName");
  await own.updated("updated", "uniqueName");
  equal(theirs.uniqueName, "dinner", "uniqueName");
  await ours.updateUniqueName(null);
  await inbox.updated("updated", "uniqueName");
  equal(theirs.uniqueName, null, "no uniqueName");
  recent(theirs.dateUpdated, "dateUpdated");
}

export async function a_conversation_has_a_state_and_bindings(world) {
  const [, theirs] = await world.room(world.ada, world.bob);
  const inbox = world.inbox(theirs, "updated");
  for (const state of ["inactive", "active", "closed"]) {
    await world.control({ op: "state", conversation: theirs.sid, state });
    await inbox.updated("updated", "state");
    equal(theirs.state.current, state, "state");
    recent(theirs.state.dateUpdated, "the state's date");
  }
  await refused(theirs.sendMessage("too late"), 403, 50377, "a message in a closed conversation");
  const bindings = { email: { name: "Team", projected_address: "team@example.test" }, sms: { address: "+15550001" } };
  await world.control({ op: "bindings", conversation: theirs.sid, bindings });
  await inbox.updated("updated", "bindings");
  same(theirs.bindings, bindings, "bindings");
}

export async function a_conversation_is_deleted(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const inboxes = [
    [ours, world.ada],
    [theirs, world.bob],
  ].map(([view, client]) => ({
    view,
    outer: world.inboxOf(client, view.sid, "conversationLeft", "conversationRemoved", "conversationAdded"),
    inner: world.inbox(view, "removed"),
  }));
  equal(await ours.delete(), ours, "what delete gives");
  for (const { view, outer, inner } of inboxes) {
    equal(await inner.take("removed"), view, "what is removed");
    await outer.take("conversationRemoved");
    same(outer.seen, ["conversationLeft", "conversationRemoved"], "what clients hear, each once and in this order");
    same(inner.seen, ["removed"], "what the conversation hears");
    equal(view.status, "notParticipating", "status");
  }
}
