/** Content templates: listed, sent, and read back with their variables filled in. */

import * as sdk from "@twilio/conversations";

import { equal, ok, recent, same } from "../lib/expect.mjs";

const sid = (nth) => `HX${String(nth).padStart(32, "0")}`;
const template = (nth, name, variants, variables = {}) => ({
  sid: sid(nth),
  friendly_name: name,
  variables: JSON.stringify(variables),
  variants,
});

const URL_ACTION = { type: "URL", title: "Open {{1}}", url: "https://example.test/{{1}}" };
const PHONE_ACTION = { type: "PHONE_NUMBER", title: "Call", phone: "+15550400" };
const REPLY_ACTION = { type: "QUICK_REPLY", title: "Yes", id: "yes", index: 0 };

/** Each variant with what `getContentData` is to give for it, apart from `rawData`; variable 1 is "Ann". */
const VARIANTS = {
  "twilio/text": [{ body: "hello {{1}}" }, { type: "text", body: "hello Ann" }],
  "twilio/media": [
    { body: "see {{1}}", media: ["https://example.test/a.png"] },
    { type: "media", body: "see Ann", media: ["https://example.test/a.png"] },
  ],
  "twilio/location": [
    { longitude: 13.4, latitude: 52.5, label: "{{1}}" },
    { type: "location", longitude: 13.4, latitude: 52.5, label: "Ann" },
  ],
  "twilio/quick-reply": [
    { body: "well, {{1}}?", actions: [{ title: "Yes", id: "yes" }] },
    { type: "quickReply", body: "well, Ann?", replies: [{ title: "Yes", id: "yes" }] },
  ],
  "twilio/call-to-action": [
    { body: "do, {{1}}", actions: [URL_ACTION, PHONE_ACTION, REPLY_ACTION] },
    {
      type: "callToAction",
      body: "do, Ann",
      actions: [
        { type: "url", title: "Open Ann", url: "https://example.test/Ann" },
        { type: "phone", title: "Call", phone: "+15550400" },
        { type: "reply", title: "Yes", id: "yes", index: 0 },
      ],
    },
  ],
  "twilio/list-picker": [
    { body: "pick, {{1}}", button: "menu", items: [{ id: "a", item: "Apple", description: "red" }] },
    { type: "listPicker", body: "pick, Ann", button: "menu", items: [{ id: "a", item: "Apple", description: "red" }] },
  ],
  "twilio/card": [
    { title: "card of {{1}}", subtitle: "sub", media: ["https://example.test/b.png"], actions: [PHONE_ACTION] },
    {
      type: "card",
      title: "card of Ann",
      subtitle: "sub",
      media: ["https://example.test/b.png"],
      actions: [{ type: "phone", title: "Call", phone: "+15550400" }],
    },
  ],
  "twilio/never-seen": [{ anything: ["{{1}}"] }, { type: "other" }],
};

/** The same without the raw JSON, which is checked to be some. */
function withoutRaw(data) {
  if (Array.isArray(data)) return data.map(withoutRaw);
  if (typeof data !== "object" || data === null) return data;
  const { rawData, ...rest } = data;
  if (rawData !== undefined) JSON.parse(rawData);
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withoutRaw(value)]));
}

export async function templates_are_listed_and_sent(world) {
  const templates = Object.entries(VARIANTS).map(([kind, [fields]], nth) =>
    template(nth, kind, { [kind]: fields }, { 1: "world" }),
  );
  // More than the hundred that the SDK asks for at once.
  const filling = Array.from({ length: 120 }, (_, nth) =>
    template(100 + nth, `filling ${nth}`, { "twilio/text": { body: "x" } }),
  );
  await world.control({ op: "templates", templates: [...templates, ...filling] });
  const listed = await world.ada.getContentTemplates();
  equal(listed.length, templates.length + filling.length, "templates");
  const text = listed.find((one) => one.sid === sid(0));
  equal(text.friendlyName, "twilio/text", "friendlyName");
  recent(text.dateCreated, "dateCreated");
  recent(text.dateUpdated, "dateUpdated");
  equal(text.variants.get("twilio/text").body, "hello {{1}}", "a variant");
  const [variable] = text.variables;
  same([variable.name, variable.value], ["1", "world"], "a variable");
  const filled = variable.copyWithValue("Ann");
  same([filled.name, filled.value], ["1", "Ann"], "a variable filled in");

  const [ours, theirs] = await world.room(world.ada, world.bob);
  const inbox = world.inbox(theirs, "messageAdded");
  for (const [nth, [kind, [, expected]]] of Object.entries(VARIANTS).entries()) {
    await ours.prepareMessage().setContentTemplate(sid(nth), [filled]).buildAndSend();
    const message = await inbox.take("messageAdded");
    equal(message.contentSid, sid(nth), `contentSid of ${kind}`);
    ok(message.getMediaByCategories(["body"]).length === 1, `the body of ${kind} is a media`);
    same(withoutRaw(await message.getContentData()), expected, `content data of ${kind}`);
  }
  await ours.prepareMessage().setContentTemplate(sid(0)).buildAndSend();
  equal((await (await inbox.take("messageAdded")).getContentData()).body, "hello world", "the default of a variable");
  const own = new sdk.ContentTemplateVariable("1", "you");
  await ours.prepareMessage().setContentTemplate(sid(0), [own]).buildAndSend();
  equal((await (await inbox.take("messageAdded")).getContentData()).body, "hello you", "a variable of one's own");
  await ours.sendMessage("plain");
  equal(await (await inbox.take("messageAdded")).getContentData(), null, "content data of a plain message");
}
