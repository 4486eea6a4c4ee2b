/** Connections that are lost, moved and ended, while others go on. */

import { equal, ok, rejected, same } from "../lib/expect.mjs";

export async function a_lost_connection_is_resumed(world) {
  const { ada } = world;
  const cable = await world.cable();
  const dan = await world.connect("dan of cables", { url: cable.url });
  const [ours, theirs] = await world.room(ada, dan);
  for (const body of ["stays", "will be edited", "will be removed"]) await ours.sendMessage(body);
  const before = world.inbox(theirs, "messageAdded");
  await ours.sendMessage("the last one before");
  await before.take("messageAdded");
  const [, edited, removed] = (await ours.getMessages(4)).items;
  const held = (await theirs.getMessages(4)).items;
  same(held.map(({ index }) => index), [0, 1, 2, 3], "what is known before");

  const inbox = world.inbox(
    theirs,
    ...["messageAdded", "messageUpdated", "messageRemoved", "participantJoined", "participantUpdated", "updated"],
  );
  const outer = world.inbox(dan, "connectionStateChanged", "conversationJoined");
  cable.cut();
  await outer.take("connectionStateChanged", (state) => state === "connecting");
  await ours.sendMessage("meanwhile");
  await edited.updateBody("edited");
  await removed.remove();
  await ours.updateFriendlyName("moved on");
  await world.bring(ours, world.cho);
  await (await ours.getParticipantByIdentity("dan of cables")).updateAttributes({ away: true });
  const [elsewhere] = await world.room(ada);
  await elsewhere.add("dan of cables");
  const queued = theirs.sendMessage("sent into the void"); // waits for the connection
  cable.mend();
  await outer.take("connectionStateChanged", (state) => state === "connected");

  equal(await queued, 5, "the index of what was sent meanwhile");
  equal((await inbox.take("messageAdded", ({ author }) => author === "ada")).body, "meanwhile", "what was added");
  equal((await inbox.take("messageAdded", ({ author }) => author !== "ada")).index, 5, "one's own message");
  await inbox.updated("messageUpdated", "body");
  equal(held[1].body, "edited", "what was edited");
  equal((await inbox.take("messageRemoved")).index, 2, "what was removed");
  equal((await inbox.take("participantJoined")).identity, "cho", "who joined");
  await inbox.updated("participantUpdated", "attributes");
  await inbox.updated("updated", "friendlyName");
  equal(theirs.friendlyName, "moved on", "friendlyName");
  const joined = await outer.take("conversationJoined");
  equal(joined.sid, elsewhere.sid, "where one was added");
  await joined.getParticipants();

  // Afterwards it goes on, and nothing comes twice.
  await ours.sendMessage("after");
  equal((await inbox.take("messageAdded")).body, "after", "what comes next");
  same(inbox.seen.filter((name) => name.startsWith("message")).sort(), [
    ...["messageAdded", "messageAdded", "messageAdded"],
    ...["messageRemoved", "messageUpdated"],
  ], "what has come in all");
}

export async function a_client_is_sent_elsewhere(world) {
  const wanderer = await world.connect("wanderer");
  const [ours, theirs] = await world.room(world.bob, wanderer);
  const outer = world.inbox(wanderer, "connectionStateChanged");
  const inbox = world.inbox(theirs, "messageAdded");
  const body = { backoff_policy: { reconnect_min_ms: 100, reconnect_max_ms: 200 } };
  await world.control({ op: "close", identity: "wanderer", code: 308, status: "OFFLOAD", body });
  await outer.take("connectionStateChanged", (state) => state === "disconnecting");
  await ours.sendMessage("on the way");
  await outer.take("connectionStateChanged", (state) => state === "connected");
  equal((await inbox.take("messageAdded")).body, "on the way", "what was missed");
  equal(await theirs.sendMessage("arrived"), 1, "sending after it");
}

export async function a_client_is_told_to_stay_away(world) {
  // There is no way out of what follows, not even a shutdown: so the client is just left.
  const outcast = await world.open("outcast");
  const inbox = world.inbox(outcast, "connectionError", "connectionStateChanged");
  await world.control({ op: "close", identity: "outcast", code: 406, status: "NOT_ACCEPTABLE" });
  equal((await inbox.take("connectionError")).terminal, true, "there is no way on");
  await inbox.take("connectionStateChanged", (state) => state === "disconnected");
}

export async function an_expiry_can_be_brought_about(world) {
  const client = await world.connect("expiring");
  const inbox = world.inbox(client, "tokenExpired", "connectionStateChanged");
  await world.control({ op: "close", identity: "expiring", code: 410, status: "TOKEN_EXPIRED" });
  await inbox.take("tokenExpired");
  // An update within the SDK's three seconds of closing would hang; after them it brings the client back.
  await inbox.take("connectionStateChanged", (state) => state === "disconnected");
  await client.updateToken(await world.token("expiring", 600));
  await inbox.take("connectionStateChanged", (state) => state === "connected");
}

export async function a_connection_cannot_be_made(world) {
  const cable = await world.cable();
  const token = await world.token("early bird");
  cable.cut();
  const client = new world.Client(token, { logLevel: "silent", twilsock: { uri: cable.url } });
  world.later(() => client.shutdown());
  const inbox = world.inbox(client, "connectionError", "initialized");
  const fault = await inbox.take("connectionError");
  equal(fault.terminal, false, "it goes on by itself");
  ok(fault.message.length > 0, "it says why");
  cable.mend();
  await inbox.take("initialized");
  equal(client.user.identity, "early bird", "the identity");
}

export async function what_is_under_way_fails_when_the_connection_is_lost(world) {
  const cable = await world.cable();
  const client = await world.connect("unlucky", { url: cable.url });
  const [ours] = await world.room(client);
  const pending = ours.sendMessage("perhaps");
  cable.cut();
  const error = await rejected(pending, "what was under way");
  ok(String(error.message).length > 0, "it says why");
  const inbox = world.inbox(client, "connectionStateChanged");
  cable.mend();
  await inbox.take("connectionStateChanged", (state) => state === "connected");
  ok((await ours.sendMessage("certainly")) <= 1, "sending goes on, whether or not the first has arrived");
}

export async function two_sessions_of_one_user_see_the_same(world) {
  const [one, two] = [await world.connect("twice"), await world.connect("twice")];
  const inbox = world.inbox(two, "conversationJoined", "conversationRemoved", "userUpdated");
  const [ours] = await world.room(one);
  const theirs = await inbox.take("conversationJoined");
  await theirs.getParticipants();
  const inner = world.inbox(theirs, "messageAdded", "updated");
  await ours.sendMessage("hello myself");
  equal((await inner.take("messageAdded")).author, "twice", "author");
  await ours.setUserNotificationLevel("muted");
  await inner.updated("updated", "notificationLevel");
  const user = world.inbox(two.user, "updated");
  await one.user.updateFriendlyName("Twice");
  await user.updated("updated", "friendlyName");
  await one.user.updateFriendlyName("twice");
  await ours.delete();
  equal((await inbox.take("conversationRemoved")).sid, ours.sid, "what is removed");
}
