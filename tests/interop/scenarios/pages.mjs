/** History, read page by page, with removed messages as gaps. */

import { equal, ok, same } from "../lib/expect.mjs";

const SENT = 36;
const GONE = new Set([0, 7, 8, 19, 35]);
const LEFT = Array.from({ length: SENT }, (_, index) => index).filter((index) => !GONE.has(index));

const indices = (page) => page.items.map(({ index }) => index);

/** A conversation with a history, and a newcomer to it who has seen nothing of it yet. */
async function history(world) {
  const [ours] = await world.room(world.ada);
  for (let index = 0; index < SENT; index += 1) await ours.sendMessage(`message ${index}`);
  const { items } = await ours.getMessages(SENT);
  for (const message of items.filter(({ index }) => GONE.has(index))) await message.remove();
  return world.bring(ours, world.bob);
}

export async function history_is_read_backwards(world) {
  const theirs = await history(world);
  let page = await theirs.getMessages(12);
  same(indices(page), LEFT.slice(-12), "the newest page");
  equal(page.hasNextPage, false, "something newer than the newest");
  const seen = indices(page);
  while (page.hasPrevPage) {
    page = await page.prevPage();
    seen.unshift(...indices(page));
  }
  same(seen, LEFT, "all messages, each once");
  const next = await page.nextPage();
  equal(indices(next)[0] > indices(page).at(-1), true, "forward again");

  same(indices(await theirs.getMessages(5, 20)), [15, 16, 17, 18, 20], "from an anchor, which is included");
  same(indices(await theirs.getMessages(3, 8)), [4, 5, 6], "from an anchor that is gone");
}

export async function a_message_is_heard_of_or_read(world) {
  const cable = await world.cable();
  const client = await world.connect("fast reader", { url: cable.url });
  const [ours, theirs] = await world.room(world.ada, client);
  const inbox = world.inbox(theirs, "messageAdded");
  await ours.sendMessage("0");
  await inbox.take("messageAdded"); // so the list is subscribed to by now
  cable.heard = "";
  const sent = ours.sendMessage("racing");
  const page = await theirs.getMessages(3);
  await sent;
  // The service tells of a message before it shows it. The SDK acts upon what is told a moment later than upon answers,
  // so where both come at once it keeps the event to itself; but then the message is on the page.
  const [told, shown] = [cable.heard.indexOf('"list_item_added"'), cable.heard.indexOf('"items"')];
  if (indices(page).includes(1)) ok(told >= 0 && told < shown, "a page shows what nobody has told of");
  else await inbox.take("messageAdded", ({ index }) => index === 1);

  for (let index = 2; index <= 20; index += 1) {
    await ours.sendMessage(String(index));
    equal((await inbox.take("messageAdded", (message) => message.index > 1)).index, index, "what comes");
  }
  same(indices(await theirs.getMessages(30)), Array.from({ length: 21 }, (_, index) => index), "all that was sent");
}

export async function old_messages_are_no_news(world) {
  const [ours] = await world.room(world.ada);
  await ours.sendMessage("old");
  const inbox = world.inboxOf(world.bob, ours.sid, "messageAdded");
  await world.bring(ours, world.bob);
  await ours.sendMessage("new");
  equal((await inbox.take("messageAdded")).body, "new", "the first message that a newcomer is told of");
}

export async function history_is_read_forward(world) {
  const theirs = await history(world);
  let page = await theirs.getMessages(12, 0, "forward");
  same(indices(page), LEFT.slice(0, 12), "the oldest page");
  equal(page.hasPrevPage, false, "something older than the oldest");
  const seen = indices(page);
  while (page.hasNextPage) {
    page = await page.nextPage();
    seen.push(...indices(page));
  }
  same(seen, LEFT, "all messages, each once");
  same(page.items.map(({ body }) => body).slice(-1), ["message 34"], "the newest message");
  const previous = await page.prevPage();
  equal(indices(previous).at(-1) < indices(page)[0], true, "back again");
  same(indices(await theirs.getMessages(4, 18, "forward")), [18, 20, 21, 22], "from an anchor over a gap");
}

export async function an_empty_conversation_has_an_empty_page(world) {
  const [ours] = await world.room(world.ada);
  const page = await ours.getMessages();
  same(page.items, [], "items");
  equal(page.hasNextPage || page.hasPrevPage, false, "further pages");
}
