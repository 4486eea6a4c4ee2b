/** The read horizon, what is unread, and what one wants to be told of. */

import { equal, recent, same } from "../lib/expect.mjs";

export async function the_read_horizon_moves(world) {
  // A user of his own: a second session of one who is everywhere would open what other scenarios are about to delete.
  const [one, two] = [await world.connect("reader"), await world.connect("reader")];
  const arriving = world.inbox(two, "conversationJoined");
  const [ours, theirs] = await world.room(world.ada, one);
  const again = await arriving.take("conversationJoined");
  const other = world.inbox(again, "updated");
  const inbox = world.inbox(theirs, "updated", "participantUpdated");
  const watching = world.inbox(ours, "participantUpdated");
  const reader = await ours.getParticipantByIdentity("reader");
  // Asked of the other session, since the SDK keeps what it has read for a moment.
  equal(await again.getUnreadMessagesCount(), null, "unread before there is a horizon");
  equal(await theirs.setAllMessagesRead(), 0, "all read where there is nothing");
  for (let count = 0; count < 4; count += 1) await ours.sendMessage(`message ${count}`);

  const steps = [
    [() => theirs.updateLastReadMessageIndex(1), 2, 1],
    [() => theirs.advanceLastReadMessageIndex(2), 1, 2],
    [() => theirs.updateLastReadMessageIndex(0), 3, 0], // it may go back
    [() => theirs.setAllMessagesRead(), 0, 3],
  ];
  for (const [step, unread, index] of steps) {
    equal(await step(), unread, "what is unread");
    await inbox.updated("updated", "lastReadMessageIndex");
    equal(theirs.lastReadMessageIndex, index, "lastReadMessageIndex");
    await other.updated("updated", "lastReadMessageIndex");
    equal(again.lastReadMessageIndex, index, "lastReadMessageIndex in another session");
    const reasons = await watching.updated("participantUpdated", "lastReadMessageIndex");
    same(reasons, ["lastReadMessageIndex", "lastReadTimestamp"], "reasons");
    equal(reader.lastReadMessageIndex, index, "the participant's lastReadMessageIndex");
    recent(reader.lastReadTimestamp, "the participant's lastReadTimestamp");
  }
  equal(await theirs.advanceLastReadMessageIndex(1), 0, "advancing never goes back");
  equal(theirs.lastReadMessageIndex, 3, "lastReadMessageIndex");
  await ours.sendMessage("one more");
  equal(await theirs.getUnreadMessagesCount(), 1, "getUnreadMessagesCount");

  await theirs.setAllMessagesUnread();
  await inbox.updated("updated", "lastReadMessageIndex");
  equal(theirs.lastReadMessageIndex, null, "lastReadMessageIndex");
  await theirs.updateLastReadMessageIndex(4);
  await inbox.updated("updated", "lastReadMessageIndex");
  await theirs.updateLastReadMessageIndex(null);
  await inbox.updated("updated", "lastReadMessageIndex");
  equal(theirs.lastReadMessageIndex, null, "no horizon");
}

export async function a_conversation_is_muted(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const inbox = world.inbox(theirs, "updated");
  const others = world.inbox(ours, "updated");
  for (const level of ["muted", "default"]) {
    await theirs.setUserNotificationLevel(level);
    same(await inbox.updated("updated"), ["notificationLevel"], "reasons");
    equal(theirs.notificationLevel, level, "notificationLevel");
  }
  equal(ours.notificationLevel, "default", "another's level");
  same(others.seen, [], "what the others hear of it");
}
