/** What becomes of a message on its way: receipts, recipients, what a channel tells of it. */

import { equal, recent, same, sameSet } from "../lib/expect.mjs";

const ADDRESSES = ["+15550301", "+15550302"];

export async function receipts_are_summed_up_and_listed(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const joining = world.inbox(ours, "participantJoined");
  const people = [];
  for (const address of ADDRESSES) {
    await ours.addNonChatParticipant("+15550300", address);
    people.push((await joining.take("participantJoined")).sid);
  }
  const arriving = world.inbox(theirs, "messageAdded");
  await ours.sendMessage("to everybody");
  const message = await arriving.take("messageAdded");
  const inbox = world.inbox(message, "updated");

  const deliver = async (statuses, errorCode) => {
    const error = errorCode === undefined ? {} : { error_code: errorCode };
    await world.control({ op: "delivery", conversation: ours.sid, message: message.sid, statuses, ...error });
    await inbox.updated("updated", "deliveryReceipt");
  };
  await deliver({ [people[0]]: "delivered", [people[1]]: "sent" });
  const sum = message.aggregatedDeliveryReceipt;
  const amounts = () => [sum.total, sum.sent, sum.delivered, sum.read, sum.undelivered, sum.failed];
  same(amounts(), [2, "all", "some", "none", "none", "none"], "total, sent, delivered, read, undelivered, failed");
  await deliver({ [people[0]]: "read", [people[1]]: "failed" }, 30_005);
  const later = message.aggregatedDeliveryReceipt;
  same(
    [later.total, later.sent, later.delivered, later.read, later.undelivered, later.failed],
    [2, "some", "some", "some", "none", "some"],
    "total, sent, delivered, read, undelivered, failed",
  );

  await ours.sendMessage("to nobody");
  const other = await arriving.take("messageAdded");
  same(await other.getDetailedDeliveryReceipts(), [], "receipts of a message without");
  const receipts = await message.getDetailedDeliveryReceipts();
  equal(receipts.length, 2, "receipts");
  for (const receipt of receipts) {
    const first = receipt.participantSid === people[0];
    equal(people.includes(receipt.participantSid), true, "participantSid");
    equal(receipt.status, first ? "read" : "failed", "status");
    equal(Number(receipt.errorCode), first ? 0 : 30_005, "errorCode");
    equal(receipt.messageSid, message.sid, "messageSid");
    equal(receipt.conversationSid, ours.sid, "conversationSid");
    equal(/^DY[0-9a-f]{32}$/.test(receipt.sid), true, `sid ${receipt.sid}`);
    equal(receipt.channelMessageSid.length, 34, "channelMessageSid");
    recent(new Date(receipt.dateCreated), "dateCreated");
    recent(new Date(receipt.dateUpdated), "dateUpdated");
  }
}

export async function recipients_of_messages_are_listed(world) {
  const [ours] = await world.room(world.ada);
  const arriving = world.inbox(ours, "messageAdded");
  const messages = [];
  for (const body of ["one", "two"]) {
    await ours.sendMessage(body);
    messages.push(await arriving.take("messageAdded"));
  }
  const recipients = messages.flatMap(({ sid }, nth) => [
    { message_sid: sid, type: "email", level: "to", name: "Ann", address: `ann${nth}@example.test` },
    { message_sid: sid, type: "email", level: "cc", name: "Ben", address: `ben${nth}@example.test` },
    { message_sid: sid, type: "pigeon", ring: 7 },
  ]);
  await world.control({ op: "recipients", conversation: ours.sid, recipients });

  const [ann, ben, pigeon] = await messages[0].getMessageRecipients();
  same(
    [ann.messageSid, ann.type, ann.level, ann.name, ann.address],
    [messages[0].sid, "email", "to", "Ann", "ann0@example.test"],
    "an e-mail recipient",
  );
  equal(ben.level, "cc", "level");
  equal(pigeon.type, "pigeon", "the type of what the SDK does not know");
  equal(pigeon.messageSid, messages[0].sid, "its message");
  equal(JSON.parse(pigeon.rawData).ring, 7, "its data");

  const all = [];
  let page = await ours.getMessageRecipients({ pageSize: 1 });
  equal(page.hasPrevPage, false, "something before the first page");
  all.push(...page.items);
  while (page.hasNextPage) {
    page = await page.nextPage();
    all.push(...page.items);
  }
  sameSet(
    all.map(({ type, address }) => address ?? type),
    ["ann0@example.test", "ann1@example.test", "ben0@example.test", "ben1@example.test", "pigeon", "pigeon"],
    "all recipients of the conversation",
  );
  equal(page.hasPrevPage, true, "something before the last page");
  equal((await page.prevPage()).items.length > 0, true, "back to the page before");
}

export async function a_channel_tells_of_a_message(world) {
  const [ours] = await world.room(world.ada);
  const arriving = world.inbox(ours, "messageAdded");
  await ours.sendMessage("plain");
  const plain = await arriving.take("messageAdded");
  equal(await plain.getChannelMetadata(), null, "metadata of a message without");

  await ours.sendMessage("from a channel");
  const { sid } = await arriving.take("messageAdded");
  const data = { profile: "Ann", context: { forwarded: true } };
  await world.control({ op: "metadata", conversation: ours.sid, message: sid, metadata: { type: "whatsapp", data } });
  // A message object learns of it when it is made: so somebody who comes later is told.
  const theirs = await world.bring(ours, world.bob);
  const found = (await theirs.getMessages(5)).items.find((message) => message.sid === sid);
  const metadata = await found.getChannelMetadata();
  equal(metadata.type, "whatsapp", "type");
  same(metadata.data, data, "data");
}
