/** Typing, which is told to the others and stored nowhere. */

import { equal, ok, same } from "../lib/expect.mjs";

export async function typing_is_seen_by_the_others(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const typist = await theirs.getParticipantByIdentity("ada");
  const inner = world.inbox(typist, "typingStarted", "typingEnded");
  const middle = world.inbox(theirs, "typingStarted", "typingEnded");
  const outer = world.inboxOf(world.bob, theirs.sid, "typingStarted", "typingEnded");
  const own = world.inboxOf(world.ada, ours.sid, "typingStarted", "messageAdded");

  await ours.typing();
  await ours.typing(); // swallowed by the SDK, since the first is fresh
  equal((await inner.take("typingStarted")).identity, "ada", "who types");
  equal((await middle.take("typingStarted")).identity, "ada", "who types");
  equal((await outer.take("typingStarted")).identity, "ada", "who types");
  equal(typist.isTyping, true, "isTyping");

  // A message ends it at once.
  await ours.sendMessage("done");
  for (const inbox of [inner, middle, outer]) await inbox.take("typingEnded");
  equal(typist.isTyping, false, "isTyping");
  same(inner.seen, ["typingStarted", "typingEnded"], "each once");

  // The other way round, and nobody sees himself: by now the typist's own signal would have come.
  await theirs.typing();
  equal((await own.take("typingStarted")).identity, "bob", "who types");
}

export async function typing_ends_by_itself(world) {
  const [ours, theirs] = await world.room(world.bob, world.cho);
  const outer = world.inboxOf(world.cho, theirs.sid, "typingStarted", "typingEnded");
  const start = performance.now();
  await ours.typing();
  await outer.take("typingStarted");
  equal((await outer.take("typingEnded")).identity, "bob", "who has stopped");
  // Five seconds by the service's answer, and one more for those who watch; later only where the machine is busy.
  const seconds = (performance.now() - start) / 1000;
  ok(seconds > 5.9 && seconds < 12, `it ends after ${seconds} s`);
}
