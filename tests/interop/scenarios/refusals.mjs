/** What the service says no to, in the words that applications of the SDK read. */

import { equal, refused, rejected } from "../lib/expect.mjs";

export async function strangers_see_nothing(world) {
  const [ours] = await world.room(world.ada);
  const { cho } = world;
  await rejected(cho.getConversationBySid(ours.sid), "a stranger's getConversationBySid");
  const hidden = await refused(cho.peekConversationBySid(ours.sid), 404, 50350, "a stranger's peek");
  const absent = await refused(cho.peekConversationBySid(`CH${"0".repeat(32)}`), 404, 50350, "a peek at nothing");
  equal(JSON.stringify(hidden.body), JSON.stringify(absent.body), "what is hidden looks like what is absent");
  await refused(cho.getConversationByUniqueName("no such name"), 404, 50350, "an unknown unique name");
}

export async function names_are_unique(world) {
  const [ours] = await world.room(world.ada);
  await ours.updateUniqueName("only once");
  await refused(world.bob.createConversation({ uniqueName: "only once" }), 409, 50353, "a taken unique name");
  const [theirs] = await world.room(world.bob);
  await refused(theirs.updateUniqueName("only once"), 409, 50353, "renaming to a taken name");
  await refused(theirs.updateUniqueName(`CH${"a".repeat(32)}`), 400, 50390, "a name like a sid");
}

export async function participants_are_refused(world) {
  const [ours] = await world.room(world.ada, world.bob);
  await refused(ours.add("bob"), 409, 50433, "adding a participant twice");
  await refused(ours.removeParticipant("nobody"), 404, 50432, "removing nobody");
  await ours.addNonChatParticipant("+15550200", "+15550201");
  await refused(ours.addNonChatParticipant("+15550200", "+15550201"), 409, 50416, "a binding in use");
  await rejected(ours.getParticipantByIdentity("nobody"), "looking for nobody");
}

export async function too_much_is_refused(world) {
  const [ours] = await world.room(world.ada);
  const inbox = world.inbox(ours, "messageAdded");
  await refused(ours.sendMessage("x".repeat(33_000)), 400, 20400, "a long body");
  await refused(ours.sendMessage("x", { blob: "y".repeat(5_000) }), 400, 20400, "long attributes");
  await refused(ours.updateFriendlyName("z".repeat(300)), 400, 20400, "a long name");
  await ours.sendMessage("still fine");
  equal((await inbox.take("messageAdded")).index, 0, "what was refused has left no trace");
}

export async function who_has_left_has_no_say(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  await ours.sendMessage("mine");
  const [message] = (await theirs.getMessages(1)).items;
  await refused(message.updateBody("yours"), 403, 50107, "editing another's message");
  await refused(message.remove(), 403, 50107, "removing another's message");
  await refused(theirs.delete(), 403, 50107, "deleting another's conversation");
  const inbox = world.inbox(theirs, "removed");
  await ours.removeParticipant("bob");
  await inbox.take("removed");
  await refused(theirs.sendMessage("knock knock"), 404, 50350, "a message of somebody who was removed");
  await refused(theirs.setUserNotificationLevel("muted"), 404, 50350, "a setting of somebody who was removed");
}
