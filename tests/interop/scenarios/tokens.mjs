/** Tokens: announced to end, ended, renewed. */

import { equal, rejected, same } from "../lib/expect.mjs";

export async function a_token_about_to_expire_is_updated(world) {
  // Notice is given three minutes before; of a token that lives shorter, at once.
  const client = new world.Client(await world.token("renewer", 100), {
    logLevel: "silent",
    twilsock: { uri: world.url },
  });
  world.later(() => client.shutdown());
  const inbox = world.inbox(client, "tokenAboutToExpire", "initialized", "connectionStateChanged", "tokenExpired");
  await inbox.take("tokenAboutToExpire");
  await inbox.take("initialized");
  equal(await client.updateToken(await world.token("renewer")), client, "what updateToken gives");
  equal(client.connectionState, "connected", "the state of the connection");
  await client.user.updateAttributes({ renewed: true });
  equal(inbox.kept("connectionStateChanged").includes("disconnected"), false, "the connection was lost");
  equal(inbox.kept("tokenExpired").length, 0, "the token has expired");
}

export async function an_expired_token_is_replaced(world) {
  const { bob } = world;
  const fresh = await world.token("latecomer", 600);
  const client = await world.connect("latecomer");
  const [ours, theirs] = await world.room(client, bob);
  // Short-lived only now: on a busy machine a client may take seconds to come up.
  await client.updateToken(await world.token("latecomer", 3));
  const inbox = world.inbox(client, "tokenExpired", "connectionStateChanged", "connectionError", "messageAdded");
  await inbox.take("tokenExpired");
  // The usual pattern: in the handler of the event, with the token that the application has got meanwhile.
  await theirs.sendMessage("while you were out");
  await client.updateToken(fresh);
  await inbox.take("connectionStateChanged", (state) => state === "connected");
  equal((await inbox.take("messageAdded")).body, "while you were out", "what was missed");
  equal(await ours.sendMessage("back"), 1, "sending after it");
}

export async function a_token_of_somebody_else_is_refused(world) {
  const client = await world.connect("honest");
  const inbox = world.inbox(client, "connectionError", "connectionStateChanged");
  await rejected(client.updateToken(await world.token("mallory", 600)), "a token of another user");
  const fault = await inbox.take("connectionError");
  equal(fault.terminal, true, "there is no way on");
  equal(fault.httpStatusCode, 401, "the status");
  equal(fault.errorCode, 51130, "the code");
  await inbox.take("connectionStateChanged", (state) => state === "denied");
  await client.updateToken(await world.token("honest", 600));
  await inbox.take("connectionStateChanged", (state) => state === "connected");
  same(client.user.identity, "honest", "the identity");
}
