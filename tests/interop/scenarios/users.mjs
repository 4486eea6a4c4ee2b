/** Users: names, attributes, and whether they can be reached. */

import { equal, ok, refused, same, sameSet } from "../lib/expect.mjs";

export async function a_user_is_looked_up_and_changes(world) {
  const eve = await world.connect("eve of users");
  const watcher = await world.connect("watcher");
  const outer = world.inbox(watcher, "userSubscribed", "userUnsubscribed", "userUpdated");
  const user = await watcher.getUser("eve of users");
  equal((await outer.take("userSubscribed")).identity, "eve of users", "who is subscribed");
  equal(user.identity, "eve of users", "identity");
  equal(user.friendlyName, "eve of users", "friendlyName");
  same(user.attributes, {}, "attributes");
  const replayed = await new Promise((resolve) => user.onWithReplay("userSubscribed", resolve));
  equal(replayed, user, "what the user has said of itself");
  equal(user.isSubscribed, true, "isSubscribed");
  equal(user.isOnline, true, "isOnline");
  equal(user.isNotifiable, false, "isNotifiable");
  const subscribed = async () => (await watcher.getSubscribedUsers()).map(({ identity }) => identity);
  sameSet(await subscribed(), ["eve of users", "watcher"], "subscribed users");

  const inner = world.inbox(user, "updated", "userUnsubscribed", "userSubscribed");
  const own = world.inbox(eve.user, "updated");
  equal(await eve.user.updateFriendlyName("Eve 🌳"), eve.user, "what updateFriendlyName gives");
  same(await inner.updated("updated"), ["friendlyName"], "reasons");
  same(await outer.updated("userUpdated"), ["friendlyName"], "reasons");
  await own.updated("updated", "friendlyName");
  equal(user.friendlyName, "Eve 🌳", "friendlyName");
  await eve.user.updateAttributes({ at: ["home"] });
  same(await inner.updated("updated"), ["attributes"], "reasons");
  same(user.attributes, { at: ["home"] }, "attributes");

  await refused(user.updateFriendlyName("Mallory"), 403, 50107, "renaming another user");

  await user.unsubscribe();
  await outer.take("userUnsubscribed");
  await inner.take("userUnsubscribed");
  equal(user.isSubscribed, false, "isSubscribed");
  sameSet(await subscribed(), ["watcher"], "subscribed users");
  const back = await watcher.getUser("eve of users");
  equal(back.friendlyName, "Eve 🌳", "the name on coming back");
}

export async function users_come_and_go(world) {
  const watcher = await world.connect("porter");
  const first = await world.connect("guest");
  const user = await watcher.getUser("guest");
  const inbox = world.inbox(user, "updated");
  equal(user.isOnline, true, "isOnline");

  // Online is who has at least one session.
  const second = await world.connect("guest");
  await first.shutdown();
  await second.user.updateAttributes({ still: "here" });
  same(await inbox.updated("updated"), ["attributes"], "what is heard of one session less");
  await second.shutdown();
  same(await inbox.updated("updated"), ["reachabilityOnline"], "reasons");
  equal(user.isOnline, false, "isOnline");
  await world.connect("guest");
  same(await inbox.updated("updated"), ["reachabilityOnline"], "reasons");
  equal(user.isOnline, true, "isOnline");
}

export async function an_unknown_user_is_not_found(world) {
  const error = await world.ada.getUser("nobody at all").then(
    () => null,
    (reason) => reason,
  );
  ok(error !== null, "a user who does not exist is found");
}
