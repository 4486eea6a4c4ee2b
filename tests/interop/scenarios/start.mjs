/** A client comes, is ready, and goes. */

import { equal, ok, recent, rejected, same } from "../lib/expect.mjs";

export async function a_client_starts_and_shuts_down(world) {
  const client = new world.Client(await world.token("dan"), { logLevel: "silent", twilsock: { uri: world.url } });
  const inbox = world.inbox(client, "initialized", "stateChanged", "connectionStateChanged", "initFailed");
  await inbox.take("initialized");
  await inbox.take("stateChanged", (state) => state === "initialized");
  await inbox.take("connectionStateChanged", (state) => state === "connected");
  equal(client.connectionState, "connected", "the state of the connection");
  equal(client.user.identity, "dan", "the identity");
  equal(client.user.friendlyName, "dan", "a new user's friendly name");
  same(client.user.attributes, {}, "a new user's attributes");
  equal(client.user.isSubscribed, true, "one's own user is subscribed");
  equal(client.reachabilityEnabled, true, "reachability");
  equal(client.version, world.Client.version, "the version");
  ok(inbox.kept("initFailed").length === 0, "nothing has failed");

  await client.shutdown();
  await inbox.take("connectionStateChanged", (state) => state === "disconnected");
}

export async function a_client_is_made_by_the_factory(world) {
  const client = await world.Client.create(await world.token("dan"), { twilsock: { uri: world.url } });
  world.later(() => client.shutdown());
  equal(client.connectionState, "connected", "the state of the connection");
  const replayed = await new Promise((resolve) => client.onWithReplay("stateChanged", resolve));
  equal(replayed, "initialized", "what was emitted before");
}

export async function a_client_without_a_good_token_is_refused(world) {
  const client = new world.Client("not.a.token", { logLevel: "silent", twilsock: { uri: world.url } });
  const inbox = world.inbox(client, "initFailed", "connectionError", "connectionStateChanged", "stateChanged");
  const fault = await inbox.take("connectionError");
  equal(fault.terminal, true, "there is no way on");
  equal(fault.httpStatusCode, 401, "the status");
  equal(fault.errorCode, 20101, "the code");
  await inbox.take("connectionStateChanged", (state) => state === "denied");
  const { error } = await inbox.take("initFailed", ({ error: failure }) => failure.httpStatusCode === 401);
  equal(error.terminal, true, "there is no way on");
  await inbox.take("stateChanged", (state) => state === "failed");

  // Another token brings it up, though the promise of the update is rejected: a defect of the SDK.
  const started = world.inbox(client, "initialized");
  await rejected(client.updateToken(await world.token("dan")), "the update");
  await started.take("initialized");
  equal(client.user.identity, "dan", "the identity");
  await client.shutdown();
}
