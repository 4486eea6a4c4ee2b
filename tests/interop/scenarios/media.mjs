/** Media: uploaded, seen, downloaded. */

import { equal, ok, rejected, same, sameSet } from "../lib/expect.mjs";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

async function download(url) {
  const response = await fetch(url);
  equal(response.status, 200, `the status of ${url}`);
  return { bytes: Buffer.from(await response.arrayBuffer()), headers: response.headers };
}

export async function a_picture_is_sent(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const inbox = world.inbox(theirs, "messageAdded");
  const index = await ours.sendMessage({ contentType: "image/png", filename: "töt & co.png", media: PNG }, { pic: 1 });
  equal(index, 0, "the index that sendMessage gives");
  const message = await inbox.take("messageAdded");
  equal(message.type, "media", "type");
  same(message.attributes, { pic: 1 }, "attributes");
  const [media] = message.attachedMedia;
  equal(message.attachedMedia.length, 1, "attached media");
  equal(message.media.sid, media.sid, "media");
  equal(media.filename, "töt & co.png", "filename");
  equal(media.contentType, "image/png", "contentType");
  equal(media.size, PNG.length, "size");
  equal(media.category, "media", "category");

  const url = await media.getContentTemporaryUrl();
  const { bytes, headers } = await download(url);
  ok(bytes.equals(PNG), "the bytes are those that were sent");
  ok(headers.get("content-disposition").startsWith("attachment"), "a browser saves it rather than showing it");
  equal((await fetch(url.replace(/.$/, (last) => (last === "0" ? "1" : "0")))).ok, false, "another signature is good");
  ok(await media.getContentTemporaryUrl(), "a second address, by what is known by now");

  // Edits leave the media alone: they are in every update.
  const updates = world.inbox(message, "updated");
  await (await ours.getMessages(1)).items[0].updateAttributes({ pic: 2 });
  const reasons = await updates.updated("updated", "attributes");
  equal(reasons.includes("media"), false, "an edit of attributes is one of media");
}

export async function a_message_of_many_parts_is_built(world) {
  const [ours, theirs] = await world.room(world.ada, world.bob);
  const inbox = world.inbox(theirs, "messageAdded");
  const unsent = ours
    .prepareMessage()
    .setBody("see attached")
    .setSubject("Parts")
    .addMedia({ contentType: "image/png", filename: "a.png", media: PNG })
    .addMedia({ contentType: "application/json", filename: "b.json", media: '{"b":1}' })
    .setEmailBody("text/plain", { contentType: "text/plain", filename: "body.txt", media: "plain body" })
    .setEmailBody("text/html", { contentType: "text/html", filename: "body.html", media: "<b>body</b>" })
    .setEmailHistory("text/plain", { contentType: "text/plain", filename: "history.txt", media: "> history" })
    .build();
  equal(unsent.mediaContent.length, 5, "parts");
  equal(await unsent.send(), 0, "the index that send gives");
  const message = await inbox.take("messageAdded");
  equal(message.body, "see attached", "body");
  equal(message.subject, "Parts", "subject");
  same(message.attachedMedia.map(({ filename }) => filename), ["a.png", "b.json"], "attached media, in their order");
  same(message.getMediaByCategories(["media"]).length, 2, "by category");
  same(message.getMediaByCategories(["body", "history"]).length, 3, "by categories");
  same(message.getMediaByCategory(["body"]).length, 2, "by category, as it was called before");
  equal(message.getEmailBody().filename, "body.txt", "the plain body");
  equal(message.getEmailBody("text/html").category, "body", "the other body");
  equal(message.getEmailHistory("text/plain").category, "history", "the history");
  equal(message.getEmailHistory("text/html"), null, "a history that is not there");

  const html = await download(await message.getEmailBody("text/html").getContentTemporaryUrl());
  equal(html.bytes.toString(), "<b>body</b>", "the other body's text");

  // All addresses at once, in each of the ways there are.
  const { attachedMedia } = message;
  const sids = attachedMedia.map(({ sid }) => sid);
  for (const urls of [
    await message.getTemporaryContentUrlsForAttachedMedia(),
    await message.getTemporaryContentUrlsForMedia(attachedMedia),
    await message.getTemporaryContentUrlsForMediaSids(sids),
    await world.bob.getTemporaryContentUrlsForMedia(attachedMedia),
    await world.bob.getTemporaryContentUrlsForMediaSids(sids),
  ]) {
    sameSet([...urls.keys()], sids, "whose addresses");
    ok((await download(urls.get(sids[0]))).bytes.equals(PNG), "the bytes at the first");
    // The SDK passes JSON through JSON.stringify, so a text arrives quoted.
    equal((await download(urls.get(sids[1]))).bytes.toString(), '"{\\"b\\":1}"', "the bytes at the second");
  }
  const [attached] = await message.attachTemporaryUrlsFor([attachedMedia[0]]);
  ok((await download(await attached.getContentTemporaryUrl())).bytes.equals(PNG), "the bytes of what got an address");
}

export async function media_of_others_are_hidden(world) {
  const [ours] = await world.room(world.ada);
  await ours.sendMessage({ contentType: "text/plain", filename: "secret.txt", media: "secret" });
  const [message] = (await ours.getMessages(1)).items;
  const [{ sid }] = message.attachedMedia;
  await rejected(world.cho.getTemporaryContentUrlsForMediaSids([sid]), "a stranger's question for an address");
  const absent = `ME${"0".repeat(32)}`;
  const error = await rejected(world.cho.getTemporaryContentUrlsForMediaSids([absent]), "a question for nothing");
  ok(JSON.stringify(error.message ?? error).includes(absent), `the error names what is missing: ${error}`);
}

export async function an_upload_is_refused(world) {
  const [ours] = await world.room(world.ada);
  const error = await rejected(
    ours.sendMessage({ contentType: "nonsense", filename: "x", media: "x" }),
    "an upload of no type",
  );
  equal(error.code, 400, "the status, which is called code in errors of media");
  equal(error.body.status, 400, "the status in the body");
  ok(error.body.message.includes("Content-Type"), `the refusal names the field: ${error.body.message}`);
  equal(await ours.sendMessage("next"), 0, "the index after it");
}

export async function an_upload_is_cancelled(world) {
  const [ours] = await world.room(world.ada);
  const sending = ours
    .prepareMessage()
    .addMedia({ contentType: "application/octet-stream", filename: "large.bin", media: Buffer.alloc(8 * 2 ** 20) })
    .buildAndSend();
  sending.cancel();
  await rejected(sending, "what was cancelled");
  equal(await ours.sendMessage("next"), 0, "the index after it");
}
