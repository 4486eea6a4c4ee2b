/** Participants: those with a client, and those reached by an address. */

import { equal, recent, same, sameSet } from "../lib/expect.mjs";

const WEIRD = "zoë +/%?&=#'\"@example.test"; // what has to be escaped in a path, or must not be

export async function a_participant_is_added(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const inbox = world.inbox(theirs, "participantJoined");
  const outer = world.inboxOf(world.bob, theirs.sid, "participantJoined");
  const came = world.inboxOf(world.cho, theirs.sid, "conversationAdded", "conversationJoined");

  const resource = await ours.add("cho", { part: "guest" });
  equal(resource.identity, "cho", "the resource's identity");
  equal(resource.conversation_sid, ours.sid, "the resource's conversation");
  equal(resource.attributes, '{"part":"guest"}', "the resource's attributes");
  equal(resource.messaging_binding, null, "the resource's binding");
  recent(new Date(resource.date_created), "the resource's date");

  const participant = await inbox.take("participantJoined");
  equal((await outer.take("participantJoined")).sid, participant.sid, "what the client hears");
  equal(participant.sid, resource.sid, "sid");
  equal(participant.identity, "cho", "identity");
  equal(participant.type, "chat", "type");
  same(participant.attributes, { part: "guest" }, "attributes");
  equal(participant.roleSid, resource.role_sid, "roleSid");
  recent(participant.dateCreated, "dateCreated");
  recent(participant.dateUpdated, "dateUpdated");
  equal(participant.lastReadMessageIndex, null, "lastReadMessageIndex");
  equal(participant.lastReadTimestamp, null, "lastReadTimestamp");
  equal(participant.isTyping, false, "isTyping");
  equal(participant.conversation, theirs, "conversation");
  const user = await participant.getUser();
  equal(user.identity, "cho", "the user's identity");

  const hers = await came.take("conversationJoined");
  same(came.seen, ["conversationAdded", "conversationJoined"], "what the one added hears");
  equal((await hers.getParticipants()).length, 3, "participants");
  equal(await ours.getParticipantsCount(), 3, "their number");
  equal((await theirs.getParticipantBySid(resource.sid)).identity, "cho", "by sid");
  equal((await theirs.getParticipantByIdentity("cho")).sid, resource.sid, "by identity");
}

export async function somebody_is_added_who_never_connected(world) {
  const [ours] = await world.room(world.ada);
  const inbox = world.inbox(ours, "participantJoined", "participantLeft");
  await ours.add(WEIRD);
  const participant = await inbox.take("participantJoined");
  equal(participant.identity, WEIRD, "identity");
  equal((await participant.getUser()).friendlyName, WEIRD, "the user's name");
  await ours.removeParticipant(WEIRD);
  equal((await inbox.take("participantLeft")).sid, participant.sid, "who left");
}

export async function participants_without_a_client_are_added(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const inbox = world.inbox(theirs, "participantJoined", "participantLeft");

  const sms = await ours.addNonChatParticipant("+15550100", "+15550101", { from: "street" });
  same(
    sms.messaging_binding,
    { type: "sms", address: "+15550101", proxy_address: "+15550100" },
    "the resource's binding",
  );
  const phone = await inbox.take("participantJoined");
  equal(phone.sid, sms.sid, "sid");
  equal(phone.type, "sms", "type");
  equal(phone.identity, null, "identity");
  same(phone.attributes, { from: "street" }, "attributes");
  same(phone.bindings, { sms: { address: "+15550101", proxy_address: "+15550100" } }, "bindings");

  const options = { email: { name: "Ann", level: "cc" } };
  const email = await ours.addNonChatParticipant("team@example.test", "ann@example.test", {}, options);
  const mail = await inbox.take("participantJoined");
  equal(mail.sid, email.sid, "sid");
  equal(mail.type, "email", "type");
  equal(mail.bindings.email.name, "Ann", "the binding's name");
  equal(mail.bindings.email.address, "ann@example.test", "the binding's address");
  equal(mail.bindings.email.level, "cc", "the binding's level");

  const whatsapp = await ours.addNonChatParticipant("whatsapp:+15550100", "whatsapp:+15550102");
  equal((await inbox.take("participantJoined")).type, "whatsapp", "type");

  const types = (await theirs.getParticipants()).map(({ type }) => type);
  sameSet(types, ["chat", "chat", "email", "sms", "whatsapp"], "types of all participants");
  await ours.removeParticipant(whatsapp.sid);
  equal((await inbox.take("participantLeft")).sid, whatsapp.sid, "who left");
}

export async function a_participant_is_changed(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const participant = await ours.getParticipantByIdentity("bob");
  const seen = await theirs.getParticipantByIdentity("bob");
  const inner = world.inbox(seen, "updated");
  const middle = world.inbox(theirs, "participantUpdated");
  const outer = world.inboxOf(world.bob, theirs.sid, "participantUpdated");
  equal(await participant.updateAttributes({ mood: ["good"] }), participant, "what updateAttributes gives");
  same(await inner.updated("updated"), ["attributes", "dateUpdated"], "reasons");
  same(await middle.updated("participantUpdated"), ["attributes", "dateUpdated"], "reasons");
  same(await outer.updated("participantUpdated"), ["attributes", "dateUpdated"], "reasons");
  same(seen.attributes, { mood: ["good"] }, "attributes");
}

export async function participants_leave_and_are_removed(world) {
  const { ada, bob, cho } = world;
  const [ours, theirs, hers] = await world.room(ada, bob, cho);
  const watching = world.inbox(ours, "participantLeft", "participantJoined");
  const outer = world.inboxOf(ada, ours.sid, "participantLeft");

  // The roster is open, but is it subscribed to? An event of it tells; otherwise the leaver misses his own leaving.
  const subscribed = world.inbox(theirs, "participantUpdated");
  await (await ours.getParticipantByIdentity("cho")).updateAttributes({ subscribed: true });
  await subscribed.updated("participantUpdated", "attributes");

  const left = world.inboxOf(bob, theirs.sid, "participantLeft", "conversationLeft", "conversationRemoved");
  const gone = world.inbox(theirs, "removed");
  equal(await theirs.leave(), theirs, "what leave gives");
  await gone.take("removed");
  await left.take("conversationRemoved");
  same(left.seen, ["participantLeft", "conversationLeft", "conversationRemoved"], "what the leaver hears");
  equal((await watching.take("participantLeft")).identity, "bob", "who left");
  equal((await outer.take("participantLeft")).identity, "bob", "who left");

  const thrown = world.inboxOf(cho, hers.sid, "conversationRemoved");
  await ours.removeParticipant(await ours.getParticipantByIdentity("cho"));
  await thrown.take("conversationRemoved");
  equal((await watching.take("participantLeft")).identity, "cho", "who left");
  equal(await ours.getParticipantsCount(), 1, "who is still there");

  // The old object is dead; whoever comes back gets a new one.
  const again = await world.bring(ours, bob);
  equal(again === theirs, false, "the old object");
  equal(again.status, "joined", "the new object's status");
  const participant = await watching.take("participantJoined");
  const removed = world.inboxOf(bob, ours.sid, "conversationRemoved");
  await participant.remove();
  await removed.take("conversationRemoved");
  equal((await watching.take("participantLeft")).sid, participant.sid, "who left");
}
